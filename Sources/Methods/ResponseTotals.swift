import Compute

/// What the responses of each task's rows come to, as far as losses other than the squared one ask.
struct ResponseTotals {
    /// The observations of each task.
    private(set) var observations: [Int] = []
    /// The sum of their weights, in the source's units.
    private(set) var weights: [Double] = []
    /// Whether each task's free coefficients have finite values: an intercept alone tells no class from all others, and
    /// counts are not all 0.
    private(set) var hasFiniteLevel: [Bool] = []
    /// The weighted sum of each task's responses, where they are no classes.
    private var responses: [Double] = []
    /// Their weighted mean.
    private(set) var means: [Double] = []

    init<B: Backend>(
        of problem: some Problem, _ loss: Loss, on backend: B, progress: PassProgress?
    ) throws(ComputeError) {
        try self.init(problem.source(of: B.Scalar.self), loss, on: backend, progress: progress)
    }

    private init<B: Backend>(
        _ source: some TaskSource<B.Scalar>, _ loss: Loss, on backend: B, progress: PassProgress?
    ) throws(ComputeError) {
        var classCount = 0
        if case .softmax(let count) = loss { classCount = count }
        let size = 2 + max(1, classCount)
        var sums = Array(repeating: 0.0, count: source.layout.taskCount * size)
        try backend.forEachChunk(of: source, progress: progress) { rows throws(ComputeError) in
            sums.withUnsafeMutableBufferPointer { sums in
                guard let base = sums.baseAddress else { return }
                for block in rows.chunk.range.blocks {
                    rows.chunk.addResponses(
                        of: block, loss, classCount: classCount, to: base + Int(block.task) * size)
                }
            }
        }
        for first in stride(from: 0, to: sums.count, by: size) {
            append(sums[first..<first + size], loss)
        }
    }

    /// Those of all tasks that are included, as one task's, for a loss without classes.
    func total(of isIncluded: [Bool], _ loss: Loss) -> ResponseTotals {
        var sums = [0.0, 0, 0]
        for (task, isTaken) in isIncluded.enumerated() where isTaken {
            sums[0] += Double(observations[task])
            sums[1] += weights[task]
            sums[2] += responses[task]
        }
        var total = ResponseTotals()
        total.append(sums[...], loss)
        return total
    }

    private init() {}

    private mutating func append(_ sums: ArraySlice<Double>, _ loss: Loss) {
        let first = sums.startIndex
        let (weight, total) = (sums[first + 1], sums[first + 2])
        observations.append(Int(sums[first]))
        weights.append(weight)
        responses.append(total)
        means.append(weight > 0 ? total / weight : 0)
        switch loss {
        case .squared: hasFiniteLevel.append(true)
        case .poisson: hasFiniteLevel.append(total > 0)
        case .logistic: hasFiniteLevel.append(total > 0 && total < weight)
        case .softmax: hasFiniteLevel.append(sums[(first + 2)...].allSatisfy { $0 > 0 })
        }
    }
}
