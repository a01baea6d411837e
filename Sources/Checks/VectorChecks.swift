internal import Compute
import Definitions

/// `s x + t y`, of numbers, and of operands of one task, one column and one value a column.
struct CombineCheck: OperationCheck {
    var name: String { "combine" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 4)
        let (taskCount, columns, width) = (33, 2, 3)
        for shape in [(taskCount, columns, width), (1, columns, 1), (taskCount, 1, 1)] {
            let x = TaskValues(taskCount: taskCount, columnCount: columns, width: width, from: &stream)
            let y = TaskValues(taskCount: 1, columnCount: 1, width: width, from: &stream)
            let s = TaskValues(taskCount: shape.0, columnCount: shape.1, width: shape.2, from: &stream)
            let result = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: width)
            try backend.combine(
                backend.upload(x).scaled(by: backend.upload(s)), backend.upload(y).scaled(by: 0.5), into: result)
            let both = try backend.hostCopy(of: result)
            try backend.combine(backend.upload(x).scaled(by: -2), into: result)
            let one = try backend.hostCopy(of: result)
            for task in 0..<taskCount {
                for column in 0..<columns {
                    for k in 0..<width {
                        let value = x[task, column, k]
                        let expected = Definitions.combination([(s[task, column, k], value), (0.5, y[0, 0, k])])
                        // Two roundings of numbers below 2.
                        comparison.compare(
                            both[task, column, k], with: expected, within: 2 * Double(B.Scalar.ulpOfOne))
                        comparison.compare(
                            one[task, column, k], with: Definitions.combination([(-2, value)]), within: 0)
                    }
                }
            }
        }
    }
}

/// `x'y`.
struct DotsCheck: OperationCheck {
    var name: String { "dots" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 7)
        for (taskCount, columns, width) in [(1, 1, 1), (33, 2, 20)] {
            for otherTasks in [taskCount, 1] {
                let x = TaskValues(taskCount: taskCount, columnCount: columns, width: width, from: &stream)
                let y = TaskValues(taskCount: otherTasks, columnCount: 1, width: width, from: &stream)
                let result = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: 1)
                try backend.dots(backend.upload(x), backend.upload(y), into: result)
                let found = try backend.hostCopy(of: result)
                // Each product and sum rounds once, and no partial sum exceeds the width.
                let tolerance = 2 * Double(width * width) * Double(B.Scalar.ulpOfOne)
                for task in 0..<taskCount {
                    for column in 0..<columns {
                        let expected = Definitions.dot(x.vector(task, column), y.vector(task))
                        comparison.compare(found[task, column, 0], with: expected, within: tolerance)
                    }
                }
            }
        }
    }
}

/// What each prox makes of a vector, with weights and without.
struct ShrinkCheck: OperationCheck {
    let prox: Prox

    var name: String { "shrink, \(prox)" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        var stream = TestStream(seed: 3)
        let (taskCount, columns, width) = (33, 2, 4)
        let x = TaskValues(taskCount: taskCount, columnCount: columns, width: width, from: &stream)
        let center = TaskValues(taskCount: 1, width: width, from: &stream)
        var thresholds = TaskValues(taskCount: taskCount, width: 1, from: &stream)
        thresholds.values = thresholds.values.map { abs($0) }
        let weights = TaskValues(taskCount: 1, width: width, values: [1, 0, 1, 1])
        for weights in [nil, weights] {
            let vectors = try backend.upload(x)
            var deviceWeights: Vectors<B.Buffer>?
            if let weights { deviceWeights = try backend.upload(weights) }
            try backend.shrink(
                vectors, toward: backend.upload(center), thresholds: backend.upload(thresholds),
                weights: deviceWeights, prox: prox, into: vectors)
            let found = try backend.hostCopy(of: vectors)
            let covered = (0..<width).filter { weights?[0, 0, $0] != 0 }
            // Differences are exact; a norm has (width + 4) / 2 roundings, and ratio, product and sum one each, of
            // differences below 2.
            let tolerance = Double(width + 10) * Double(B.Scalar.ulpOfOne)
            for task in 0..<taskCount {
                for column in 0..<columns {
                    var expected = x.vector(task, column)
                    let shrunk = shrunk(
                        covered.map { expected[$0] }, toward: covered.map { center[0, 0, $0] }, thresholds[task, 0, 0])
                    for (place, value) in zip(covered, shrunk) { expected[place] = value }
                    comparison.compare(found.vector(task, column), with: expected, within: tolerance)
                }
            }
        }
    }

    private func shrunk(_ x: [Double], toward c: [Double], _ t: Double) -> [Double] {
        switch prox {
        case .soft: zip(x, c).map { Definitions.soft($0, toward: $1, threshold: t) }
        case .hard: zip(x, c).map { Definitions.hard($0, toward: $1, threshold: t) }
        case .block: Definitions.block(x, toward: c, threshold: t)
        case .ball: Definitions.ball(x, about: c, radius: t)
        }
    }
}
