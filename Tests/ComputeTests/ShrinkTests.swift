import Compute
import Definitions
import TestSupport
import Testing

@Suite("Shrink")
struct ShrinkTests {
    @Test("is each prox about the centre", arguments: Candidate.all, [0, 1, 8, 9, 33, 513, 1030])
    func definition(candidate: Candidate, taskCount: Int) throws {
        try candidate.run {
            try checkDefinition($0, taskCount: taskCount)
        } float: {
            try checkDefinition($0, taskCount: taskCount)
        }
    }

    private func checkDefinition<B: Backend>(_ backend: B, taskCount: Int) throws {
        var stream = TestStream(seed: UInt64(taskCount) + 3)
        for (columns, width) in [(1, 1), (1, 5), (3, 4)] {
            // Centres, thresholds and weights: one a task, one for all, one a column, one a coordinate.
            let shapes = [(taskCount, 1, 1), (1, 1, width), (1, columns, 1), (taskCount, columns, width)]
            for prox in Prox.allCases {
                for (index, shape) in shapes.enumerated() {
                    let other = shapes[(index + 1) % shapes.count]
                    let x = TaskValues(taskCount: taskCount, columnCount: columns, width: width, from: &stream)
                    let c = TaskValues(taskCount: other.0, columnCount: other.1, width: other.2, from: &stream)
                    let thresholdWidth = prox.isByCoordinate ? shape.2 : 1
                    var t = TaskValues(taskCount: shape.0, columnCount: shape.1, width: thresholdWidth, from: &stream)
                    t.values = t.values.map { abs($0) }
                    var w = TaskValues(taskCount: 1, columnCount: columns, width: width, from: &stream)
                    w.values = w.values.map { $0 < -0.5 ? 0 : prox.isByCoordinate && $0 > 0.5 ? 2 : 1 }
                    for weights in [nil, w] {
                        let found = try shrunk(on: backend, x, c, t, weights, prox)
                        for task in 0..<taskCount {
                            for column in 0..<columns {
                                let expected = expected(task, column, x, c, t, weights, prox)
                                // Products with weights and differences are exact; a norm has (width + 4) / 2 roundings
                                // and ratio, product and sum one each, of differences below 2.
                                let tolerance = Double(width + 10) * Double(B.Scalar.ulpOfOne)
                                for (one, other) in zip(found.vector(task, column), expected) {
                                    #expect(abs(one - other) <= tolerance, "\(prox)")
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// By the definitions, on the coordinates that have a weight.
    private func expected(
        _ task: Int, _ column: Int, _ x: TaskValues, _ c: TaskValues, _ t: TaskValues, _ w: TaskValues?, _ prox: Prox
    ) -> [Double] {
        let covered = (0..<x.width).filter { w?[task, column, $0] != 0 }
        let values = covered.map { x[task, column, $0] }
        let centers = covered.map { c[task, column, $0] }
        let thresholds = covered.map { t[task, column, $0] * (w?[task, column, $0] ?? 1) }
        let threshold = t[task, column, 0]
        let shrunk =
            switch prox {
            case .soft:
                covered.indices.map { Definitions.soft(values[$0], toward: centers[$0], threshold: thresholds[$0]) }
            case .hard:
                covered.indices.map { Definitions.hard(values[$0], toward: centers[$0], threshold: thresholds[$0]) }
            case .block: Definitions.block(values, toward: centers, threshold: threshold)
            case .ball: Definitions.ball(values, about: centers, radius: threshold)
            }
        var result = x.vector(task, column)
        for (place, value) in zip(covered, shrunk) { result[place] = value }
        return result
    }

    @Test("by 0 changes nothing, and by infinity gives the centre; the ball is the other way", arguments: Candidate.all)
    func extremes(candidate: Candidate) throws {
        try candidate.run {
            try checkExtremes($0)
        } float: {
            try checkExtremes($0)
        }
    }

    private func checkExtremes<B: Backend>(_ backend: B) throws {
        var stream = TestStream(seed: 4)
        // A third of the last place of the centre: were the difference added to it again, x would not come back.
        let x = TaskValues(taskCount: 19, width: 3, values: (0..<57).map { _ in Double(B.Scalar(stream.symmetric())) })
        let c = TaskValues(taskCount: 1, width: 3, values: (0..<3).map { _ in Double(B.Scalar(stream.symmetric())) })
        let centers = (0..<19).flatMap { _ in c.values }
        for prox in Prox.allCases {
            let unmoved = try shrunk(on: backend, x, c, one(0), nil, prox)
            let moved = try shrunk(on: backend, x, c, one(.infinity), nil, prox)
            #expect(unmoved.values == (prox == .ball ? centers : x.values))
            #expect(moved.values == (prox == .ball ? x.values : centers))
            // At a distance of exactly the threshold, the three shrink all the way.
            let edge = TaskValues(taskCount: 1, width: 1, values: [1.25])
            let equal = try shrunk(on: backend, edge, one(1), one(0.25), nil, prox)
            #expect(equal.values == [prox == .ball ? 1.25 : 1])
        }
    }

    @Test("gives NaN for what is not a number, but for infinite thresholds and weights of 0", arguments: Candidate.all)
    func notNumbers(candidate: Candidate) throws {
        try candidate.run {
            try checkNotNumbers($0)
        } float: {
            try checkNotNumbers($0)
        }
    }

    private func checkNotNumbers<B: Backend>(_ backend: B) throws {
        let pair = TaskValues(taskCount: 1, width: 2, values: [.nan, 3])
        let weights = TaskValues(taskCount: 1, width: 2, values: [0, 1])
        for prox in Prox.allCases {
            let missing = try shrunk(on: backend, pair, one(0), one(0.5), nil, prox).values
            #expect(missing[0].isNaN && missing[1].isNaN == !prox.isByCoordinate)
            let covered = try shrunk(on: backend, pair, one(0), one(0.5), weights, prox).values
            #expect(covered[0].isNaN && covered[1] == [2.5, 3, 2.5, 0.5][prox.rawValue])
            let infinite = try shrunk(on: backend, pair, one(7), one(.infinity), nil, prox).values
            #expect(prox == .ball ? infinite[0].isNaN && infinite[1] == 3 : infinite == [7, 7])
            let noCenter = try shrunk(on: backend, one(1), one(.nan), one(0.5), nil, prox).values
            let noThreshold = try shrunk(on: backend, one(1), one(0), one(.nan), nil, prox).values
            #expect(noCenter[0].isNaN && noThreshold[0].isNaN)
            // Left as it is whatever its threshold is.
            let leftOut = try shrunk(on: backend, one(1), one(0), one(.infinity), one(0), prox).values
            #expect(leftOut == [1])
        }
        // A coordinate at an infinite distance moves by its threshold; a column at one has no direction.
        for prox in Prox.allCases {
            let far = try shrunk(on: backend, one(.infinity), one(0), one(1), nil, prox).values[0]
            #expect(prox.isByCoordinate ? far == .infinity : far.isNaN)
        }
    }

    @Test("does not depend on the scale: no square overflows or vanishes", arguments: Candidate.all)
    func scale(candidate: Candidate) throws {
        try candidate.run {
            try checkScale($0)
        } float: {
            try checkScale($0)
        }
    }

    private func checkScale<B: Backend>(_ backend: B) throws {
        var stream = TestStream(seed: 9)
        let x = TaskValues(taskCount: 9, width: 4, from: &stream)
        let c = TaskValues(taskCount: 1, width: 4, from: &stream)
        let largest = Double(B.Scalar.greatestFiniteMagnitude.binade) / 8
        for prox in Prox.allCases {
            let plain = try shrunk(on: backend, x, c, one(0.75), nil, prox)
            for factor in [largest, 1 / largest] {
                func scaled(_ host: TaskValues) -> TaskValues {
                    TaskValues(taskCount: host.taskCount, width: host.width, values: host.values.map { $0 * factor })
                }
                let found = try shrunk(on: backend, scaled(x), scaled(c), one(0.75 * factor), nil, prox)
                // Values of the least scale are subnormal, with 12 bits behind the point at most.
                let tolerance = factor < 1 ? 16 * Double(B.Scalar.leastNonzeroMagnitude) : 0
                #expect(zip(found.values, plain.values).allSatisfy { abs($0 - $1 * factor) <= tolerance }, "\(prox)")
            }
        }
    }

    @Test("is the prox: subgradients, Moreau's identity, no expansion", arguments: Candidate.all)
    func optimality(candidate: Candidate) throws {
        try candidate.run {
            try checkOptimality($0)
        } float: {
            try checkOptimality($0)
        }
    }

    private func checkOptimality<B: Backend>(_ backend: B) throws {
        var stream = TestStream(seed: 12)
        let (taskCount, width) = (40, 6)
        let x = TaskValues(taskCount: taskCount, width: width, from: &stream)
        let y = TaskValues(taskCount: taskCount, width: width, from: &stream)
        let c = TaskValues(taskCount: 1, width: width, from: &stream)
        let t = TaskValues(taskCount: taskCount, width: 1, values: (0..<taskCount).map { Double($0 + 1) / 16 })
        let tolerance = Double(width * (width + 10)) * Double(B.Scalar.ulpOfOne)
        let images = try Prox.allCases.map { try shrunk(on: backend, x, c, t, nil, $0) }
        for task in 0..<taskCount {
            let (threshold, center) = (t[task, 0, 0], c.vector(0))
            let (soft, block, ball) = (images[0].vector(task), images[2].vector(task), images[3].vector(task))
            for k in 0..<width {
                #expect(abs(block[k] + ball[k] - x[task, 0, k] - center[k]) <= tolerance)
                // The step of each coordinate is t times a subgradient of |.| at the difference.
                let (step, difference) = (x[task, 0, k] - soft[k], soft[k] - center[k])
                #expect(abs(step) <= threshold + tolerance)
                #expect(abs(step * difference - threshold * abs(difference)) <= tolerance)
            }
            let step = (0..<width).map { x[task, 0, $0] - block[$0] }
            let difference = (0..<width).map { block[$0] - center[$0] }
            let length = Definitions.distance(block, center)
            #expect(Definitions.dot(step, step).squareRoot() <= threshold + tolerance)
            #expect(abs(Definitions.dot(step, difference) - threshold * length) <= tolerance)
            #expect(Definitions.distance(ball, center) <= threshold + tolerance)
        }
        for prox in [Prox.soft, .block, .ball] {
            let (px, py) = (images[prox.rawValue], try shrunk(on: backend, y, c, t, nil, prox))
            let again = try shrunk(on: backend, px, c, t, nil, prox)
            for task in 0..<taskCount {
                let before = Definitions.distance(x.vector(task), y.vector(task))
                #expect(Definitions.distance(px.vector(task), py.vector(task)) <= before + tolerance)
                let moved = Definitions.distance(again.vector(task), px.vector(task))
                #expect(prox != .ball || moved <= tolerance)
            }
        }
    }

    private func one(_ value: Double) -> TaskValues { TaskValues(taskCount: 1, width: 1, values: [value]) }

    /// In place, so that every test is also one of that.
    private func shrunk<B: Backend>(
        on backend: B, _ x: TaskValues, _ center: TaskValues, _ thresholds: TaskValues, _ weights: TaskValues?,
        _ prox: Prox
    ) throws -> TaskValues {
        let vectors = try backend.upload(x)
        let weights = try weights.map { try backend.upload($0) }
        try backend.shrink(
            vectors, toward: backend.upload(center), thresholds: backend.upload(thresholds), weights: weights,
            prox: prox, into: vectors)
        return try backend.hostCopy(of: vectors)
    }
}
