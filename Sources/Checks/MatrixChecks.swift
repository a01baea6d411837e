internal import Compute
import Definitions

/// `G x`, for columns on both sides of a block of four.
struct MultiplyCheck: OperationCheck {
    var name: String { "multiply" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 21)
        for (taskCount, order, columns) in [(1, 1, 1), (33, 5, 5), (9, 20, 4)] {
            let triangles = TaskValues(taskCount: taskCount, width: triangleCount(order), from: &stream)
            let x = TaskValues(taskCount: taskCount, columnCount: columns, width: order, from: &stream)
            let matrices = try backend.makeMatrices(taskCount: taskCount, order: order)
            try backend.upload(triangles.values, into: matrices.triangles)
            let products = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: order)
            try backend.multiply(matrices, backend.upload(x), into: products)
            let found = try backend.hostCopy(of: products)
            // As for a dot product: no partial sum exceeds the order.
            let tolerance = 2 * Double(order * order) * Double(B.Scalar.ulpOfOne)
            for (task, matrix) in matrices.hostMatrices(triangles.values).enumerated() {
                for column in 0..<columns {
                    let expected = Definitions.product(matrix, x.vector(task, column))
                    comparison.compare(found.vector(task, column), with: expected, within: tolerance)
                }
            }
        }
    }
}

/// `x - s (G x - c)`, with a length a task, and with one matrix for all tasks.
struct GradientStepCheck: OperationCheck {
    var name: String { "gradientStep" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 22)
        for (taskCount, matrixTasks, order, columns) in [(1, 1, 1, 1), (33, 1, 5, 2), (9, 9, 20, 1)] {
            let triangles = TaskValues(taskCount: matrixTasks, width: triangleCount(order), from: &stream)
            let x = TaskValues(taskCount: taskCount, columnCount: columns, width: order, from: &stream)
            let c = TaskValues(taskCount: taskCount, width: order, from: &stream)
            let lengths = TaskValues(taskCount: taskCount, width: 1, from: &stream)
            let matrices = try backend.makeMatrices(taskCount: matrixTasks, order: order)
            try backend.upload(triangles.values, into: matrices.triangles)
            let result = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: order)
            try backend.gradientStep(
                matrices, linear: backend.upload(c), from: backend.upload(x), lengths: backend.upload(lengths),
                into: result)
            let found = try backend.hostCopy(of: result)
            let grams = matrices.hostMatrices(triangles.values)
            // That of the product, and three roundings more of numbers below order + 2.
            let tolerance = Double(2 * order * order + 3 * (order + 2)) * Double(B.Scalar.ulpOfOne)
            for task in 0..<taskCount {
                for column in 0..<columns {
                    let expected = Definitions.gradientStep(
                        grams[matrixTasks == 1 ? 0 : task], c.vector(task), from: x.vector(task, column),
                        length: lengths[task, 0, 0])
                    comparison.compare(found.vector(task, column), with: expected, within: tolerance)
                }
            }
        }
    }
}

/// Eigenvalues, orthonormal eigenvectors, and the matrix that they make.
struct EigenCheck: OperationCheck {
    var name: String { "eigen" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 5)
        for (taskCount, order) in [(1, 1), (33, 5), (2, 20)] {
            let triangles = TaskValues(taskCount: taskCount, width: triangleCount(order), from: &stream)
            let matrices = try backend.makeMatrices(taskCount: taskCount, order: order)
            try backend.upload(triangles.values, into: matrices.triangles)
            let system = try backend.makeEigenSystem(taskCount: taskCount, order: order)
            try backend.eigen(matrices, into: system)
            let values = try backend.hostCopy(of: system.values)
            let vectors = try backend.hostCopy(of: system.vectors)
            // An entry is turned in some 2 order pairs a sweep, in at most 10 sweeps, with 3 roundings a turn.
            let accuracy = Double(60 * order) * Double(B.Scalar.ulpOfOne)
            for (task, matrix) in matrices.hostMatrices(triangles.values).enumerated() {
                let norm = matrix.reduce(0) { $0 + Definitions.dot($1, $1) }.squareRoot()
                comparison.compare(
                    values.vector(task), with: Definitions.eigen(matrix).values, within: accuracy * norm)
                for row in 0..<order {
                    for column in 0...row {
                        let product = Definitions.dot(vectors.vector(task, row), vectors.vector(task, column))
                        comparison.compare(product, with: row == column ? 1 : 0, within: accuracy)
                        let entry = (0..<order).reduce(0) { sum, k in
                            sum + values[task, 0, k] * vectors[task, k, row] * vectors[task, k, column]
                        }
                        comparison.compare(entry, with: matrix[row][column], within: accuracy * norm)
                    }
                }
            }
        }
    }
}

/// `A x` with one matrix for all tasks, for rows on both sides of a tile of eight.
struct MatmulCheck: OperationCheck {
    var name: String { "matmul" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 30)
        for (taskCount, width, height, columns) in [(1, 1, 1, 1), (33, 5, 9, 2)] {
            let x = TaskValues(taskCount: taskCount, columnCount: columns, width: width, from: &stream)
            let matrix = TaskValues(taskCount: 1, columnCount: height, width: width, from: &stream)
            let products = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: height)
            try backend.matmul(backend.upload(x), backend.upload(matrix), into: products)
            let found = try backend.hostCopy(of: products)
            let rows = (0..<height).map { matrix.vector(0, $0) }
            // As for a dot product: no partial sum exceeds the width.
            let tolerance = 2 * Double(width * width) * Double(B.Scalar.ulpOfOne)
            for task in 0..<taskCount {
                for column in 0..<columns {
                    let expected = Definitions.product(rows, x.vector(task, column))
                    comparison.compare(found.vector(task, column), with: expected, within: tolerance)
                }
            }
        }
    }
}

/// `sum of w x y'`.
struct CrossProductCheck: OperationCheck {
    var name: String { "crossProduct" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 40)
        for (taskCount, width, height) in [(1, 1, 1), (2100, 3, 2)] {
            let x = TaskValues(taskCount: taskCount, width: width, from: &stream)
            let y = TaskValues(taskCount: taskCount, width: height, from: &stream)
            let weights = TaskValues(taskCount: taskCount, width: 1, from: &stream)
            for isWeighted in [false, true] {
                var deviceWeights: Vectors<B.Buffer>?
                if isWeighted { deviceWeights = try backend.upload(weights) }
                let sum = try backend.makeVectors(taskCount: 1, columnCount: height, width: width)
                try backend.crossProduct(
                    of: backend.upload(x), backend.upload(y), weights: deviceWeights, into: sum)
                let used = isWeighted ? weights.values : Array(repeating: 1, count: taskCount)
                let vectors = (0..<taskCount).map { x.vector($0) }
                let others = (0..<taskCount).map { y.vector($0) }
                let expected = Definitions.crossProduct(vectors, others, weights: used)
                let found = try backend.hostCopy(of: sum)
                for (column, values) in expected.enumerated() {
                    for (row, value) in values.enumerated() {
                        let terms = (0..<taskCount).map { used[$0] * vectors[$0][row] * others[$0][column] }
                        comparison.compareSum(found[0, column, row], with: value, of: terms, on: backend)
                    }
                }
            }
        }
    }
}
