import Compute
import Definitions
import TestSupport
import Testing

@Suite("Products with symmetric matrices")
struct SlowMultiplyTests {
    @Test("are G x for every column", arguments: Candidate.all, [0, 1, 8, 9, 33, 513, 1030])
    func products(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkProducts($0, taskCount: taskCount)
        } float: {
            try checkProducts($0, taskCount: taskCount)
        }
    }

    private func checkProducts<B: Backend>(_ backend: B, taskCount: Int) throws {
        var stream = TestStream(seed: UInt64(taskCount) + 21)
        // Columns on both sides of a block of four; matrices and vectors of one task.
        for (order, columns) in [(1, 1), (3, 4), (8, 3), (5, 9)] {
            for (matrixTasks, vectorTasks) in [(taskCount, taskCount), (1, taskCount), (taskCount, 1)] {
                let g = TaskValues(taskCount: matrixTasks, width: triangleCount(order), from: &stream)
                let x = TaskValues(taskCount: vectorTasks, columnCount: columns, width: order, from: &stream)
                let matrices = try backend.makeMatrices(taskCount: matrixTasks, order: order)
                try backend.upload(g.values, into: matrices.triangles)
                let result = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: order)
                try backend.multiply(matrices, backend.upload(x), into: result)
                let found = try backend.hostCopy(of: result)
                // As for a dot product: no partial sum exceeds the order.
                let tolerance = 2 * Double(order * order) * Double(B.Scalar.ulpOfOne)
                for task in 0..<taskCount {
                    let matrix = symmetric(g.vector(task)[...], order: order)
                    for column in 0..<columns {
                        let expected = Definitions.product(matrix, x.vector(task, column))
                        for (one, other) in zip(found.vector(task, column), expected) {
                            #expect(abs(one - other) <= tolerance)
                        }
                    }
                }
            }
        }
    }

    @Test("lead down the gradient by a step's length", arguments: Candidate.all, [0, 1, 8, 9, 33, 513])
    func gradientSteps(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkSteps($0, taskCount: taskCount)
        } float: {
            try checkSteps($0, taskCount: taskCount)
        }
    }

    private func checkSteps<B: Backend>(_ backend: B, taskCount: Int) throws {
        var stream = TestStream(seed: UInt64(taskCount) + 22)
        for (order, columns) in [(1, 1), (3, 4), (8, 1), (5, 9)] {
            // What one task or one column has serves all.
            for (matrixTasks, linearTasks, lengthColumns) in [(taskCount, taskCount, columns), (1, 1, 1)] {
                let g = TaskValues(taskCount: matrixTasks, width: triangleCount(order), from: &stream)
                let x = TaskValues(taskCount: taskCount, columnCount: columns, width: order, from: &stream)
                let c = TaskValues(taskCount: linearTasks, columnCount: columns, width: order, from: &stream)
                let lengths = TaskValues(
                    taskCount: linearTasks, columnCount: lengthColumns, width: 1, from: &stream)
                let matrices = try backend.makeMatrices(taskCount: matrixTasks, order: order)
                try backend.upload(g.values, into: matrices.triangles)
                let result = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: order)
                try backend.gradientStep(
                    matrices, linear: backend.upload(c), from: backend.upload(x), lengths: backend.upload(lengths),
                    into: result)
                let found = try backend.hostCopy(of: result)
                // That of the product, and three roundings more of numbers below order + 2.
                let tolerance = Double(2 * order * order + 3 * (order + 2)) * Double(B.Scalar.ulpOfOne)
                for task in 0..<taskCount {
                    let matrix = symmetric(g.vector(task)[...], order: order)
                    for column in 0..<columns {
                        let expected = Definitions.gradientStep(
                            matrix, c.vector(task, column), from: x.vector(task, column),
                            length: lengths.vector(task, lengthColumns == 1 ? 0 : column)[0])
                        for (one, other) in zip(found.vector(task, column), expected) {
                            #expect(abs(one - other) <= tolerance)
                        }
                    }
                }
            }
        }
    }
}
