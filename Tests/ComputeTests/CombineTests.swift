import Compute
import Definitions
import TestSupport
import Testing

@Suite("Linear combinations")
struct CombineTests {
    @Test("are the scaled sums, element by element", arguments: Candidate.all, [0, 1, 7, 8, 33, 513, 1030])
    func sums(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkSums($0, taskCount: taskCount)
        } float: {
            try checkSums($0, taskCount: taskCount)
        }
    }

    private func checkSums<B: Backend>(_ backend: B, taskCount: Int) throws {
        var stream = TestStream(seed: UInt64(taskCount))
        for (columns, width) in [(1, 1), (1, 5), (3, 4)] {
            // Whole arrays, and operands of one task, one column and one value a column.
            let shapes = [
                (taskCount, columns, width), (1, columns, width), (taskCount, 1, width), (1, 1, width),
                (taskCount, columns, 1), (1, columns, 1), (taskCount, 1, 1), (1, 1, 1),
            ]
            for (index, shape) in shapes.enumerated() {
                let other = shapes[(3 * index + 1) % shapes.count]
                let operands = [shape, other, other, shape].map {
                    TaskValues(taskCount: $0.0, columnCount: $0.1, width: $0.2, from: &stream)
                }
                let (x, y, s, t) = (operands[0], operands[1], operands[2], operands[3])
                let result = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: width)
                let (dx, dy) = (try backend.upload(x), try backend.upload(y))
                try backend.combine(dx.scaled(by: backend.upload(s)), dy.scaled(by: backend.upload(t)), into: result)
                let both = try backend.hostCopy(of: result)
                try backend.combine(dx.scaled(by: -1), dy.scaled(by: 0.5), into: result)
                let numbers = try backend.hostCopy(of: result)
                try backend.combine(dx.scaled(by: backend.upload(s)), into: result)
                let single = try backend.hostCopy(of: result)
                // Two roundings of numbers below 2, or one of a product below 1; what the host uploads is exact.
                let tolerance = 2 * Double(B.Scalar.ulpOfOne)
                for task in 0..<taskCount {
                    for column in 0..<columns {
                        for k in 0..<width {
                            let (a, b) = (
                                (s[task, column, k], x[task, column, k]), (t[task, column, k], y[task, column, k])
                            )
                            #expect(abs(both[task, column, k] - Definitions.combination([a, b])) <= tolerance)
                            #expect(numbers[task, column, k] == Definitions.combination([(-1, a.1), (0.5, b.1)]))
                            #expect(abs(single[task, column, k] - Definitions.combination([a])) <= tolerance)
                        }
                    }
                }
            }
        }
    }

    @Test("leave out a term of scale 0 whatever it holds, and may be formed in place", arguments: Candidate.all)
    func leavesOut(candidate: Candidate) throws {
        try candidate.run {
            try checkLeavesOut($0)
        } float: {
            try checkLeavesOut($0)
        }
    }

    private func checkLeavesOut<B: Backend>(_ backend: B) throws {
        let held: [Double] = (0..<20).map { $0 == 3 ? .nan : $0 == 17 ? .infinity : Double($0) }
        let vectors = try backend.upload(TaskValues(taskCount: 20, width: 1, values: held))
        let scales = try backend.upload(TaskValues(taskCount: 20, width: 1, values: held.map { $0.isFinite ? 1 : 0 }))
        let center = try backend.upload(TaskValues(taskCount: 1, width: 1, values: [100]))
        try backend.combine(vectors.scaled(by: scales), center.scaled(by: 1), into: vectors)
        #expect(try backend.download(vectors) == held.map { 100 + ($0.isFinite ? $0 : 0) })
        try backend.upload(held, into: vectors)
        try backend.combine(vectors.scaled(by: 0), into: vectors)
        #expect(try backend.download(vectors).allSatisfy { $0 == 0 })
    }

    @Test("of total and fold moments give the training moments", arguments: Candidate.all)
    func training(candidate: Candidate) throws {
        try candidate.run {
            try checkTraining($0)
        } float: {
            try checkTraining($0)
        }
    }

    private func checkTraining<B: Backend>(_ backend: B) throws {
        let counts = [30, 0, 41, 5]
        let source = RandomProblem(sampleCounts: counts, featureCount: 3, isWeighted: false).source(of: B.Scalar.self)
        let fold = try backend.moments(of: source)
        let total = try backend.makeMoments(taskCount: 4, featureCount: 3)
        let (part, whole) = (fold.joint.triangles, total.joint.triangles)
        try backend.combine(part.scaled(by: 4), into: whole)
        try backend.combine(whole.scaled(by: 1), part.scaled(by: -1), into: whole)
        // A view inside the buffer of the moments: thrice the fold's own cross products, each exact to two roundings.
        let (found, one) = (try backend.download(total.cross), try backend.download(fold.cross))
        #expect(zip(found, one).allSatisfy { abs($0 - 3 * $1) <= 2 * Double(B.Scalar.ulpOfOne) * abs(3 * $1) })
    }
}
