import Compute
import Definitions
import TestSupport
import Testing

@Suite("Dot products")
struct DotTests {
    @Test("are x'y of each column", arguments: Candidate.all, [0, 1, 8, 9, 33, 513, 1030])
    func products(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkProducts($0, taskCount: taskCount)
        } float: {
            try checkProducts($0, taskCount: taskCount)
        }
    }

    private func checkProducts<B: Backend>(_ backend: B, taskCount: Int) throws {
        var stream = TestStream(seed: UInt64(taskCount) + 7)
        for (columns, width) in [(1, 1), (1, 20), (4, 3)] {
            for (otherTasks, otherColumns) in [(taskCount, columns), (1, columns), (taskCount, 1), (1, 1)] {
                let x = TaskValues(taskCount: taskCount, columnCount: columns, width: width, from: &stream)
                let y = TaskValues(taskCount: otherTasks, columnCount: otherColumns, width: width, from: &stream)
                let result = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: 1)
                let (dx, dy) = (try backend.upload(x), try backend.upload(y))
                try backend.dots(dx, dy, into: result)
                let found = try backend.hostCopy(of: result)
                try backend.dots(dy, dx, into: result)
                // Each product and sum is exact or rounds once, and no partial sum exceeds the width.
                let tolerance = 2 * Double(width * width) * Double(B.Scalar.ulpOfOne)
                #expect(try backend.download(result) == found.values)
                for task in 0..<taskCount {
                    for column in 0..<columns {
                        let expected = Definitions.dot(x.vector(task, column), y.vector(task, column))
                        #expect(abs(found[task, column, 0] - expected) <= tolerance)
                    }
                }
            }
        }
    }
}
