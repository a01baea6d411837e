internal import Compute

private func triangle(_ order: Double) -> Double { order * (order + 1) / 2 }

struct FactorOperation: TaskOperation {
    var name: String { "factor" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (2 * triangle(d), d * d * d / 3) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let matrices = try backend.positiveMatrices(taskCount: taskCount, order: width)
        let factor = try backend.makeFactor(taskCount: taskCount, order: width)
        return { () throws(ComputeError) in try backend.factor(matrices, tolerance: 1e-6, into: factor) }
    }
}

struct SolveOperation: TaskOperation {
    var name: String { "solve" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (triangle(d) + 2 * d, 2 * d * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let factor = try backend.factors(taskCount: taskCount, order: width)
        let rightSides = try backend.normals(taskCount: taskCount, width: width)
        let solutions = try backend.makeVectors(taskCount: taskCount, width: width)
        return { () throws(ComputeError) in try backend.solve(factor, rightSides, into: solutions) }
    }
}

/// The diagonal of every inverse, or of `G^-1 S G^-1`.
struct DiagonalsOperation: TaskOperation {
    let isSandwich: Bool
    var name: String { isSandwich ? "sandwich diagonals" : "inverse diagonals" }

    func cost(width d: Double) -> (values: Double, operations: Double) {
        isSandwich ? (2 * triangle(d) + d, 4 * d * d * d) : (triangle(d) + d, d * d * d)
    }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let factor = try backend.factors(taskCount: taskCount, order: width)
        let contrasts = try backend.identityContrasts(order: width)
        let diagonals = try backend.makeVectors(taskCount: taskCount, width: width)
        guard isSandwich else {
            return { () throws(ComputeError) in
                try backend.inverseDiagonals(of: factor, contrasts: contrasts, into: diagonals)
            }
        }
        let middle = try backend.positiveMatrices(taskCount: taskCount, order: width)
        return { () throws(ComputeError) in
            try backend.sandwichDiagonals(of: factor, middle: middle, contrasts: contrasts, into: diagonals)
        }
    }
}

/// Ten penalties.
struct RidgeErrorsOperation: TaskOperation {
    var name: String { "ridge errors, 10 penalties" }
    func cost(width d: Double) -> (values: Double, operations: Double) {
        (2 * triangle(d + 1) + 10, 10 * (d * d * d / 3 + 4 * d * d))
    }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        // Half of the rows are held out.
        let heldOut = Moments(joint: try backend.positiveMatrices(taskCount: taskCount, order: width + 1))
        let all = try backend.makeMoments(taskCount: taskCount, featureCount: width)
        try backend.combine(heldOut.joint.triangles.scaled(by: 2), into: all.joint.triangles)
        let penalties = try backend.makeVectors(taskCount: 1, columnCount: 10, width: 1)
        try backend.upload((0..<10).map { Double($0) + 1 }, into: penalties)
        let center = try backend.normals(taskCount: 1, width: width)
        let errors = try backend.makeVectors(taskCount: taskCount, width: 10)
        return { () throws(ComputeError) in
            try backend.ridgeErrors(
                of: all, holdingOut: heldOut, penalties: penalties, toward: center, tolerance: 1e-6, into: errors)
        }
    }
}

struct EigenOperation: TaskOperation {
    var name: String { "eigen" }
    /// Eight sweeps.
    func cost(width d: Double) -> (values: Double, operations: Double) { (triangle(d) + d * d + d, 48 * d * d * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let matrices = try backend.positiveMatrices(taskCount: taskCount, order: width)
        let system = try backend.makeEigenSystem(taskCount: taskCount, order: width)
        return { () throws(ComputeError) in try backend.eigen(matrices, into: system) }
    }
}

/// At one centre for all tasks, with a threshold that some slopes exceed.
struct InfimalConvolutionOperation: TaskOperation {
    var columnCount = 1
    var hasCurvatures = false

    var name: String {
        "infimal convolution" + (columnCount == 1 ? "" : ", \(columnCount) columns")
            + (hasCurvatures ? ", curvature" : "")
    }

    /// Eight steps of Newton's method.
    func cost(width d: Double) -> (values: Double, operations: Double) {
        let columns = Double(columnCount)
        let triangle = hasCurvatures ? triangle(d) : 0
        return (d * d + 2 * d + columns * (2 * d + 1 + triangle), columns * (4 * d * d + 60 * d + 2 * d * triangle))
    }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let matrices = try backend.positiveMatrices(taskCount: taskCount, order: width)
        let system = try backend.makeEigenSystem(taskCount: taskCount, order: width)
        try backend.eigen(matrices, into: system)
        let linear = try backend.normals(taskCount: taskCount, width: width)
        let centers = try backend.makeVectors(taskCount: 1, columnCount: columnCount, width: width)
        let thresholds = try backend.constants(2, taskCount: 1)
        let result = try backend.makeInfimalConvolution(
            taskCount: taskCount, columnCount: columnCount, order: width, hasCurvatures: hasCurvatures)
        return { () throws(ComputeError) in
            try backend.infimalConvolution(
                of: system, linear: linear, at: centers, thresholds: thresholds, distance: .norm, tolerance: 1e-6,
                into: result)
        }
    }
}

/// The LASSO at thresholds that leave some coefficients 0.
struct ElasticNetOperation: TaskOperation {
    var columnCount = 1

    var name: String { "elastic net" + (columnCount == 1 ? "" : ", \(columnCount) columns") }

    /// Ten sweeps.
    func cost(width d: Double) -> (values: Double, operations: Double) {
        let columns = Double(columnCount)
        return (triangle(d) + d + columns * (d + 1), columns * 20 * d * d)
    }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let matrices = try backend.positiveMatrices(taskCount: taskCount, order: width)
        let linear = try backend.normals(taskCount: taskCount, width: width)
        let thresholds = try backend.makeVectors(taskCount: 1, columnCount: columnCount, width: 1)
        try backend.upload((0..<columnCount).map { 0.5 / Double(1 + $0) }, into: thresholds)
        let coefficients = try backend.makeVectors(taskCount: taskCount, columnCount: columnCount, width: width)
        let violations = try backend.makeVectors(taskCount: taskCount, columnCount: columnCount, width: 1)
        return { () throws(ComputeError) in
            try backend.elasticNet(
                matrices, linear: linear, thresholds: thresholds, mixture: 1, into: coefficients,
                violations: violations)
        }
    }
}

struct MultiplyOperation: TaskOperation {
    var name: String { "multiply" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (triangle(d) + 2 * d, 2 * d * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let matrices = try backend.positiveMatrices(taskCount: taskCount, order: width)
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let products = try backend.makeVectors(taskCount: taskCount, width: width)
        return { () throws(ComputeError) in try backend.multiply(matrices, vectors, into: products) }
    }
}

struct GradientStepOperation: TaskOperation {
    var name: String { "gradient step" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (triangle(d) + 3 * d, 2 * d * d + 3 * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let matrices = try backend.positiveMatrices(taskCount: taskCount, order: width)
        let linear = try backend.normals(taskCount: taskCount, width: width)
        let vectors = try backend.normals(taskCount: taskCount, width: width, seed: 3)
        let lengths = try backend.constants(0.1, taskCount: 1)
        let result = try backend.makeVectors(taskCount: taskCount, width: width)
        return { () throws(ComputeError) in
            try backend.gradientStep(matrices, linear: linear, from: vectors, lengths: lengths, into: result)
        }
    }
}

struct DotsOperation: TaskOperation {
    var name: String { "dots" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (2 * d + 1, 2 * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let x = try backend.normals(taskCount: taskCount, width: width)
        let y = try backend.normals(taskCount: taskCount, width: width, seed: 3)
        let products = try backend.makeVectors(taskCount: taskCount, width: 1)
        return { () throws(ComputeError) in try backend.dots(x, y, into: products) }
    }
}

struct CombineOperation: TaskOperation {
    var name: String { "combine" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (3 * d, 3 * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let x = try backend.normals(taskCount: taskCount, width: width)
        let y = try backend.normals(taskCount: taskCount, width: width, seed: 3)
        let result = try backend.makeVectors(taskCount: taskCount, width: width)
        return { () throws(ComputeError) in try backend.combine(x.scaled(by: 2), y.scaled(by: 3), into: result) }
    }
}

struct ShrinkOperation: TaskOperation {
    let prox: Prox
    var name: String { "shrink, \(prox)" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (2 * d, 4 * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let center = try backend.normals(taskCount: 1, width: width, seed: 3)
        let thresholds = try backend.constants(1, taskCount: 1)
        let result = try backend.makeVectors(taskCount: taskCount, width: width)
        return { () throws(ComputeError) in
            try backend.shrink(
                vectors, toward: center, thresholds: thresholds, weights: nil, prox: prox, into: result)
        }
    }
}
