internal import Compute

/// A pass over rows that are in memory.
protocol RowBenchmark: Benchmark {
    var problem: ProblemSize { get }
    var isWeighted: Bool { get }
    /// What the pass needs for a scalar.
    func work<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Work
    /// Returns the pass over the rows of `source`, with its operands made.
    func pass<B: Backend>(
        on backend: B, _ source: RowArrays<B.Scalar>
    ) throws(ComputeError) -> () throws(ComputeError) -> Void
}

extension RowBenchmark {
    var size: String { problem.text }
    var isWeighted: Bool { false }

    func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let source = try reference.randomRows(of: B.Scalar.self, problem, isWeighted: isWeighted)
        let pass = try pass(on: backend, source)
        try stopwatch.time(work(of: B.Scalar.self)) { () throws(ComputeError) in
            try pass()
            try backend.synchronize()
        }
    }
}

/// Rows brought to the device, and nothing done with them.
struct StageBenchmark: RowBenchmark {
    let problem: ProblemSize
    var name: String { "stage" }

    func work<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Work {
        Work(values: problem.rowValues, of: scalar, operations: 0)
    }

    func pass<B: Backend>(
        on backend: B, _ source: RowArrays<B.Scalar>
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        { () throws(ComputeError) in try backend.forEachChunk(of: source) { _ in } }
    }
}

/// Moments of every task.
struct AccumulateBenchmark: RowBenchmark {
    let problem: ProblemSize
    var isWeighted = false
    var foldCount = 1

    var name: String {
        "accumulate" + (isWeighted ? ", weighted" : "") + (foldCount > 1 ? ", \(foldCount) folds" : "")
    }

    func work<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Work {
        let weights = isWeighted ? problem.rowCount : 0
        return Work(
            values: problem.rowValues + weights + 2 * Double(foldCount) * problem.momentValues, of: scalar,
            operations: problem.gramOperations)
    }

    func pass<B: Backend>(
        on backend: B, _ source: RowArrays<B.Scalar>
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let moments = try backend.makeFoldMoments(
            taskCount: problem.taskCount, featureCount: problem.featureCount, foldCount: foldCount)
        let folds = foldCount > 1 ? RowFolds(foldCount: foldCount, seed: 1) : nil
        return { () throws(ComputeError) in
            try backend.forEachChunk(of: source, folds: folds) { rows throws(ComputeError) in
                try backend.accumulate(rows, rowWeights: nil, into: moments)
            }
        }
    }
}

/// Least squares of every task, from rows to coefficients.
struct LeastSquaresBenchmark: RowBenchmark {
    let problem: ProblemSize
    var isWeighted = false
    var name: String { "least squares" + (isWeighted ? ", weighted" : "") }

    func work<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Work {
        let d = problem.features
        let weights = isWeighted ? problem.rowCount : 0
        return Work(
            values: problem.rowValues + weights + problem.vectorValues, of: scalar,
            operations: problem.rowCount * (d * (d + 1) + 2 * d) + problem.tasks * d * d * d / 3)
    }

    func pass<B: Backend>(
        on backend: B, _ source: RowArrays<B.Scalar>
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let coefficients = try backend.makeVectors(taskCount: problem.taskCount, width: problem.featureCount)
        let diagnosis = try backend.makeVectors(taskCount: problem.taskCount, width: 2)
        return { () throws(ComputeError) in
            try backend.leastSquares(of: source, tolerance: 1e-6, into: coefficients, diagnosis: diagnosis)
        }
    }
}

/// The sum of a loss over each task's rows and its gradient, or the gradient alone; at one set of coefficients or several.
struct LossBenchmark: RowBenchmark {
    let problem: ProblemSize
    let loss: Loss
    var wantsValues = true
    var fitCount = 1

    var name: String {
        (wantsValues ? "evaluate, \(loss.name)" : "gradient" + (loss == .squared ? "" : ", \(loss.name)"))
            + (fitCount > 1 ? ", \(fitCount) fits" : "")
    }

    func work<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Work {
        let columns = Double(loss.columnCount * fitCount)
        return Work(
            values: problem.rowValues + 2 * columns * problem.vectorValues, of: scalar,
            operations: 4 * columns * problem.rowCount * problem.features)
    }

    func pass<B: Backend>(
        on backend: B, _ source: RowArrays<B.Scalar>
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let (taskCount, width) = (problem.taskCount, problem.featureCount)
        let columnCount = loss.columnCount * fitCount
        let coefficients = try backend.normals(taskCount: taskCount, columnCount: columnCount, width: width)
        try backend.combine(coefficients.scaled(by: 0.1), into: coefficients)
        let gradients = try backend.makeVectors(taskCount: taskCount, columnCount: columnCount, width: width)
        let values =
            wantsValues ? try backend.makeVectors(taskCount: taskCount, columnCount: fitCount, width: 1) : nil
        return { () throws(ComputeError) in
            try backend.forEachChunk(of: source) { rows throws(ComputeError) in
                try backend.evaluate(loss, over: rows, at: coefficients, values: values, gradients: gradients)
            }
        }
    }
}

/// The weights whose Gram is a loss's Hessian.
struct CurvatureBenchmark: RowBenchmark {
    let problem: ProblemSize
    let loss: Loss
    var name: String { "curvature, \(loss.name)" }

    func work<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Work {
        Work(
            values: problem.rowValues + problem.rowCount + problem.vectorValues, of: scalar,
            operations: 2 * problem.rowCount * problem.features)
    }

    func pass<B: Backend>(
        on backend: B, _ source: RowArrays<B.Scalar>
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let coefficients = try backend.normals(taskCount: problem.taskCount, width: problem.featureCount)
        return { () throws(ComputeError) in
            try backend.forEachChunk(of: source) { rows throws(ComputeError) in
                _ = try backend.curvatureWeights(loss, of: rows, at: coefficients, classes: (0, 0))
            }
        }
    }
}

/// Residuals of every row, on the host.
struct ResidualBenchmark: RowBenchmark {
    let problem: ProblemSize
    var name: String { "residuals" }

    func work<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Work {
        Work(
            values: problem.rowValues + problem.rowCount + problem.vectorValues, of: scalar,
            operations: 2 * problem.rowCount * problem.features)
    }

    func pass<B: Backend>(
        on backend: B, _ source: RowArrays<B.Scalar>
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let coefficients = try backend.normals(taskCount: problem.taskCount, width: problem.featureCount)
        return { () throws(ComputeError) in
            try backend.forEachChunk(of: source) { rows throws(ComputeError) in
                _ = try backend.residuals(of: rows, at: coefficients)
            }
        }
    }
}

/// The row weights of a robust variance, corrected for leverage.
struct ScoreBenchmark: RowBenchmark {
    let problem: ProblemSize
    var name: String { "squared scores, HC3" }

    func work<Scalar: LaneScalar>(of scalar: Scalar.Type) -> Work {
        let d = problem.features
        return Work(
            values: problem.rowValues + problem.rowCount + problem.vectorValues + problem.tasks * d * (d + 1) / 2,
            of: scalar, operations: problem.rowCount * (d * d + 4 * d))
    }

    func pass<B: Backend>(
        on backend: B, _ source: RowArrays<B.Scalar>
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let coefficients = try backend.normals(taskCount: problem.taskCount, width: problem.featureCount)
        let factor = try backend.factors(taskCount: problem.taskCount, order: problem.featureCount)
        return { () throws(ComputeError) in
            try backend.forEachChunk(of: source) { rows throws(ComputeError) in
                _ = try backend.squaredScores(of: rows, at: coefficients, factor: factor, correction: .squared)
            }
        }
    }
}

extension Loss {
    fileprivate var name: String {
        switch self {
        case .squared: "squared"
        case .logistic: "logistic"
        case .poisson: "Poisson"
        case .softmax(let classCount): "\(classCount) classes"
        }
    }
}
