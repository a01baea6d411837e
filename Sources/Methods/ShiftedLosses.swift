import Compute

/// The mean losses of tasks at `gamma_j + v_j`, for several fits side by side, with their deviations `v_j` on the device.
///
/// Arrays on the host are `taskCount x fits x width`, a fit's classes side by side.
struct ShiftedLosses<B: Backend> {
    private let loss: Loss
    private let backend: B
    private let rows: any TaskSource<B.Scalar>
    private let progress: PassProgress?
    private let taskCount: Int
    private let fitCount: Int
    private let featureCount: Int
    /// `1 / n_j`; 0 for a task without rows.
    private let inverseCounts: Vectors<B.Buffer>
    private let deviationVectors: Vectors<B.Buffer>?
    private let places: Vectors<B.Buffer>
    private let gradients: Vectors<B.Buffer>
    private let zero: Vectors<B.Buffer>

    private var width: Int { loss.columnCount * featureCount }

    init(
        _ loss: Loss, _ problem: some Problem, fitCount: Int, hasDeviations: Bool, on backend: B,
        progress: PassProgress?
    ) throws(ComputeError) {
        self.loss = loss
        self.backend = backend
        self.progress = progress
        self.fitCount = fitCount
        rows = problem.source(of: B.Scalar.self)
        taskCount = problem.layout.taskCount
        featureCount = problem.featureCount
        let width = loss.columnCount * problem.featureCount
        let counts = try backend.weightSums(of: rows)
        inverseCounts = try backend.makeVectors(taskCount: taskCount, width: 1)
        try backend.upload(counts.map { $0 > 0 ? 1 / $0 : 0 }, into: inverseCounts)
        deviationVectors =
            hasDeviations ? try backend.makeVectors(taskCount: taskCount, columnCount: fitCount, width: width) : nil
        places = try backend.makeVectors(taskCount: taskCount, columnCount: fitCount, width: width)
        gradients = try backend.makeVectors(taskCount: taskCount, columnCount: fitCount, width: width)
        zero = try backend.makeVectors(taskCount: 1, width: 1)
    }

    func deviations() throws(ComputeError) -> [Double] {
        guard let deviationVectors else { return Array(repeating: 0, count: taskCount * fitCount * width) }
        return try backend.download(deviationVectors)
    }

    func setDeviations(_ deviations: [Double]) throws(ComputeError) {
        guard let deviationVectors else { return }
        try backend.upload(deviations, into: deviationVectors)
    }

    /// A step of every deviation: down its loss's slope, then towards 0.
    ///
    /// - Parameter thresholds: one a task and fit.
    func moveDeviations(
        at prototypes: [Double], step: Double, thresholds: Vectors<B.Buffer>
    ) throws(ComputeError) {
        guard let deviationVectors else { return }
        try writeSlopes(at: prototypes)
        try backend.combine(
            deviationVectors.scaled(by: 1), gradients.scaled(by: -step), into: deviationVectors)
        try backend.shrink(
            deviationVectors, toward: zero, thresholds: thresholds, weights: nil, prox: .block, into: deviationVectors)
    }

    /// `f_j'(gamma_j + v_j)`.
    func slopes(at prototypes: [Double]) throws(ComputeError) -> [Double] {
        try writeSlopes(at: prototypes)
        return try backend.download(gradients)
    }

    private func writeSlopes(at prototypes: [Double]) throws(ComputeError) {
        try backend.upload(prototypes, into: places)
        if let deviationVectors {
            try backend.combine(places.scaled(by: 1), deviationVectors.scaled(by: 1), into: places)
        }
        try backend.combine(gradients.scaled(by: 0), into: gradients)
        try evaluate(over: rows, at: byClass(places), values: nil, gradients: byClass(gradients))
        try backend.combine(gradients.scaled(by: inverseCounts), into: gradients)
    }

    /// Each task's mean loss at any number of coefficients: `taskCount x fits`.
    func values(at coefficients: [Double]) throws(ComputeError) -> [Double] {
        let count = coefficients.count / max(1, taskCount * width)
        let vectors = try backend.makeVectors(taskCount: taskCount, columnCount: count, width: width, zeroed: false)
        try backend.upload(coefficients, into: vectors)
        let values = try backend.makeVectors(taskCount: taskCount, columnCount: count, width: 1)
        try evaluate(over: rows, at: byClass(vectors), values: values, gradients: nil)
        try backend.combine(values.scaled(by: inverseCounts), into: values)
        return try backend.download(values)
    }

    private func evaluate(
        over rows: some TaskSource<B.Scalar>, at coefficients: Vectors<B.Buffer>, values: Vectors<B.Buffer>?,
        gradients: Vectors<B.Buffer>?
    ) throws(ComputeError) {
        try backend.forEachChunk(of: rows, progress: progress) { rows throws(ComputeError) in
            try backend.evaluate(loss, over: rows, at: coefficients, values: values, gradients: gradients)
        }
    }

    /// The same values, a column a class.
    private func byClass(_ vectors: Vectors<B.Buffer>) -> Vectors<B.Buffer> {
        Vectors(
            taskCount: vectors.taskCount, columnCount: vectors.columnCount * loss.columnCount, width: featureCount,
            entries: vectors.entries)
    }
}

extension RowPasses {
    /// The sum of the weights of each task's rows.
    fileprivate func weightSums(of rows: some TaskSource<Scalar>) throws(ComputeError) -> [Double] {
        guard rows.isWeighted else { return rows.layout.sampleCounts.map { Double($0) } }
        var sums = Array(repeating: 0.0, count: rows.layout.taskCount)
        try forEachChunk(of: rows) { staged throws(ComputeError) in
            for block in staged.chunk.range.blocks { sums[Int(block.task)] += staged.chunk.weightSum(of: block) }
        }
        return sums
    }
}
