import Compute
import Definitions
import TestSupport
import Testing

@Suite("Products across tasks")
struct SlowMatmulTests {
    @Test("of each vector with one matrix are A x", arguments: Candidate.all, [0, 1, 8, 9, 33, 513, 1030])
    func products(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkProducts($0, taskCount: taskCount)
        } float: {
            try checkProducts($0, taskCount: taskCount)
        }
    }

    private func checkProducts<B: Backend>(_ backend: B, taskCount: Int) throws {
        var stream = TestStream(seed: UInt64(taskCount) + 30)
        // Rows of the matrix on both sides of a tile of eight.
        for (width, height, columns) in [(1, 1, 1), (5, 3, 2), (4, 8, 1), (3, 17, 3)] {
            let x = TaskValues(taskCount: taskCount, columnCount: columns, width: width, from: &stream)
            let a = TaskValues(taskCount: 1, columnCount: height, width: width, from: &stream)
            let result = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: height)
            try backend.matmul(backend.upload(x), backend.upload(a), into: result)
            let found = try backend.hostCopy(of: result)
            let matrix = (0..<height).map { a.vector(0, $0) }
            // As for a dot product: no partial sum exceeds the width.
            let tolerance = 2 * Double(width * width) * Double(B.Scalar.ulpOfOne)
            for task in 0..<taskCount {
                for column in 0..<columns {
                    let expected = Definitions.product(matrix, x.vector(task, column))
                    for (one, other) in zip(found.vector(task, column), expected) {
                        #expect(abs(one - other) <= tolerance)
                    }
                }
            }
        }
    }

    @Test(
        "of two vectors a task are summed, without tasks of weight 0", arguments: Candidate.all,
        [0, 1, 8, 9, 33, 513, 2100])
    func crossProducts(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkCrossProducts($0, taskCount: taskCount)
        } float: {
            try checkCrossProducts($0, taskCount: taskCount)
        }
    }

    private func checkCrossProducts<B: Backend>(_ backend: B, taskCount: Int) throws {
        var stream = TestStream(seed: UInt64(taskCount) + 40)
        for (width, height) in [(1, 1), (5, 3), (4, 2), (9, 8)] {
            var x = TaskValues(taskCount: taskCount, width: width, from: &stream)
            var y = TaskValues(taskCount: taskCount, width: height, from: &stream)
            var weights = TaskValues(taskCount: taskCount, width: 1, from: &stream)
            for isWeighted in [false, true] {
                if isWeighted {
                    for task in stride(from: 3, to: taskCount, by: 7) {
                        weights.values[task] = 0
                        x.values[task * width] = .nan
                        y.values[task * height] = .infinity
                    }
                }
                let sum = try backend.makeVectors(taskCount: 1, columnCount: height, width: width)
                try backend.crossProduct(
                    of: backend.upload(x), backend.upload(y), weights: isWeighted ? backend.upload(weights) : nil,
                    into: sum)
                let found = try backend.hostCopy(of: sum)
                let used = isWeighted ? weights.values : Array(repeating: 1, count: taskCount)
                let expected = Definitions.crossProduct(
                    (0..<taskCount).map { x.vector($0) }, (0..<taskCount).map { y.vector($0) }, weights: used)
                // Sums of multiples of 2^-36 below 2^12 are exact in double; the result is rounded once.
                for (column, values) in expected.enumerated() {
                    for (row, value) in values.enumerated() {
                        #expect(abs(found[0, column, row] - value) <= Double(B.Scalar.ulpOfOne) * abs(value))
                    }
                }
                #expect(taskCount > 0 || found.values.allSatisfy { $0 == 0 })
            }
        }
    }
}
