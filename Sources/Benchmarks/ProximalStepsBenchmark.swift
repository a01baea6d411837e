internal import Compute

/// 200 proximal-gradient steps on each task's moments, with a soft threshold towards the mean of all tasks.
///
/// The smooth part of a task is `b'G b / 2 - c'b`; each step is `b <- m + soft(b - s (G b - c) - m, t)` with `m` the mean
/// over tasks of what is shrunk. Work is counted as where `G` is whole and read once a step, from memory: what is in
/// cache, and packed, can be faster.
struct ProximalStepsBenchmark: Benchmark {
    static let stepCount = 200

    let taskCount: Int
    let order: Int

    var name: String { "\(Self.stepCount) proximal steps" }
    var size: String { "\(taskCount) x \(order)" }

    func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let moments = try randomMoments(on: backend, reference: reference)
        let weights = try backend.constants(1 / Double(taskCount), taskCount: taskCount)
        let thresholds = try backend.constants(0.01, taskCount: 1)
        let mean = try backend.makeVectors(taskCount: 1, width: order)
        let start = try backend.makeVectors(taskCount: taskCount, width: order)
        let b = try backend.makeVectors(taskCount: taskCount, width: order)
        let stepped = try backend.makeVectors(taskCount: taskCount, width: order)
        let lengths = try backend.constants(0.2 / Double(order + 8), taskCount: 1)
        try stopwatch.time(work(of: B.Scalar.self)) { () throws(ComputeError) in
            try backend.combine(start.scaled(by: 1), into: b)
            for _ in 0..<Self.stepCount {
                try backend.gradientStep(
                    moments.gram, linear: moments.cross(of: 0), from: b, lengths: lengths, into: stepped)
                try backend.weightedSum(of: stepped, weights: weights, into: mean)
                try backend.shrink(stepped, toward: mean, thresholds: thresholds, weights: nil, prox: .soft, into: b)
            }
            try backend.synchronize()
        }
    }

    private func work<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Work {
        let (tasks, d) = (Double(taskCount), Double(order))
        let steps = Double(Self.stepCount)
        return Work(
            values: steps * (tasks * d * d + 5 * tasks * d), of: scalar,
            operations: steps * tasks * (2 * d * d + 8 * d))
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
