package import Compute

/// Least squares of every task, from rows to coefficients.
package struct LeastSquaresJob: Benchmark {
    let problem: ProblemSize

    package init(_ problem: ProblemSize) { self.problem = problem }

    package var name: String { "least squares" }
    package var size: String { problem.text }

    package func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let source = try reference.randomRows(of: B.Scalar.self, problem)
        let d = Double(problem.featureCount)
        let tasks = Double(problem.taskCount)
        let work = Work(
            bytes: (problem.valueCount + tasks * d) * B.Scalar.byteCount,
            operations: problem.rowCount * d * (d + 1) + 2 * problem.rowCount * d + tasks * d * d * d / 3)
        let coefficients = try backend.makeVectors(taskCount: problem.taskCount, width: problem.featureCount)
        let diagnosis = try backend.makeVectors(taskCount: problem.taskCount, width: 2)
        try stopwatch.time(work) { () throws(ComputeError) in
            try backend.leastSquares(of: source, tolerance: 1e-6, into: coefficients, diagnosis: diagnosis)
            try backend.synchronize()
        }
    }
}

/// The gradient of the squared loss, `X'(X b - y)` of every task.
package struct GradientJob: Benchmark {
    let problem: ProblemSize

    package init(_ problem: ProblemSize) { self.problem = problem }

    package var name: String { "gradient" }
    package var size: String { problem.text }

    package func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let source = try reference.randomRows(of: B.Scalar.self, problem)
        let d = Double(problem.featureCount)
        let tasks = Double(problem.taskCount)
        let work = Work(
            bytes: (problem.valueCount + 2 * tasks * d) * B.Scalar.byteCount, operations: 4 * problem.rowCount * d)
        let coefficients = try backend.normals(taskCount: problem.taskCount, width: problem.featureCount)
        let gradients = try backend.makeVectors(taskCount: problem.taskCount, width: problem.featureCount)
        try stopwatch.time(work) { () throws(ComputeError) in
            try backend.forEachChunk(of: source) { rows throws(ComputeError) in
                try backend.evaluate(.squared, over: rows, at: coefficients, values: nil, gradients: gradients)
            }
            try backend.synchronize()
        }
    }
}

/// The median of each coordinate over the tasks.
package struct MedianJob: Benchmark {
    let taskCount: Int
    let width: Int
    let isWeighted: Bool

    package init(taskCount: Int, width: Int, isWeighted: Bool) {
        self.taskCount = taskCount
        self.width = width
        self.isWeighted = isWeighted
    }

    package var name: String { isWeighted ? "weighted median" : "median" }
    package var size: String { "\(width) x \(taskCount)" }

    package func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let weights = try backend.makeVectors(taskCount: taskCount, width: 1)
        if isWeighted {
            try backend.upload(
                reference.download(reference.uniforms(taskCount: taskCount)).map { $0 + 0.1 }, into: weights)
        } else {
            try backend.upload(Array(repeating: 1, count: taskCount), into: weights)
        }
        let median = try backend.makeVectors(taskCount: 1, width: width)
        let values = Double(taskCount) * Double(width)
        let weightCount = isWeighted ? Double(taskCount) : 0
        let work = Work(bytes: (values + weightCount) * B.Scalar.byteCount, operations: (isWeighted ? 4 : 2) * values)
        try stopwatch.time(work) { () throws(ComputeError) in
            try backend.weightedMedian(of: vectors, weights: weights, into: median)
            try backend.synchronize()
        }
    }
}

/// 200 proximal-gradient steps on each task's moments, with a soft threshold towards the mean of all tasks.
///
/// The smooth part of a task is `b'G b / 2 - c'b`; each step is `b <- m + soft(b - s (G b - c) - m, t)` with `m` the mean
/// over tasks of what is shrunk.
package struct ProximalStepsJob: Benchmark {
    let taskCount: Int
    let order: Int
    static let stepCount = 200

    package init(taskCount: Int, order: Int) {
        self.taskCount = taskCount
        self.order = order
    }

    package var name: String { "200 proximal steps" }
    package var size: String { "\(taskCount) x \(order)" }

    package func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let moments = try randomMoments(on: backend, reference: reference)
        let (tasks, d) = (Double(taskCount), Double(order))
        let steps = Double(Self.stepCount)
        // As `peers` counts: whole matrices once a step, the vectors five times.
        let work = Work(
            bytes: steps * (tasks * d * d + 5 * tasks * d) * B.Scalar.byteCount,
            operations: steps * tasks * (2 * d * d + 8 * d))
        let weights = try backend.makeVectors(taskCount: taskCount, width: 1)
        try backend.upload(Array(repeating: 1 / tasks, count: taskCount), into: weights)
        let thresholds = try backend.makeVectors(taskCount: 1, width: 1)
        try backend.upload([0.01], into: thresholds)
        let mean = try backend.makeVectors(taskCount: 1, width: order)
        let start = try backend.makeVectors(taskCount: taskCount, width: order)
        let b = try backend.makeVectors(taskCount: taskCount, width: order)
        let product = try backend.makeVectors(taskCount: taskCount, width: order)
        let stepLength = 0.2 / Double(order + 8)
        try stopwatch.time(work) { () throws(ComputeError) in
            try backend.combine(start.scaled(by: 1), into: b)
            for _ in 0..<Self.stepCount {
                try backend.multiply(moments.gram, b, into: product)
                try backend.combine(product.scaled(by: -stepLength), b.scaled(by: 1), into: b)
                try backend.combine(moments.cross(of: 0).scaled(by: stepLength), b.scaled(by: 1), into: b)
                try backend.weightedSum(of: b, weights: weights, into: mean)
                try backend.shrink(b, toward: mean, thresholds: thresholds, weights: nil, prox: .soft, into: b)
            }
            try backend.synchronize()
        }
    }

    /// Sums over `order + 8` rows of standard normals.
    private func randomMoments<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R
    ) throws(ComputeError) -> Moments<B.Buffer> {
        let size = ProblemSize(taskCount: taskCount, rowsPerTask: order + 8, featureCount: order)
        let source = try reference.randomRows(of: B.Scalar.self, size)
        let moments = try backend.makeMoments(taskCount: taskCount, featureCount: order)
        try backend.forEachChunk(of: source) { rows throws(ComputeError) in
            try backend.accumulate(rows, rowWeights: nil, into: moments)
        }
        return moments
    }
}
