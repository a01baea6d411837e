import Compute
import Definitions
import Glibc
import TestSupport
import Testing

@Suite("Infimal convolutions of quadratics and penalties")
struct SlowInfimalConvolutionTests {
    @Test("are those of the definition", arguments: Candidate.all, ConvolutionProblem.adversarial)
    func definition(candidate: Candidate, problem: ConvolutionProblem) throws {
        try candidate.run {
            try checkDefinition($0, problem)
        } float: {
            try checkDefinition($0, problem)
        }
    }

    private func checkDefinition<B: Backend>(_ backend: B, _ problem: ConvolutionProblem) throws {
        let found = try backend.infimalConvolution(of: problem)
        found.compare(with: problem, B.Scalar.self) { value, expected, tolerance in
            #expect(abs(value - expected) <= tolerance)
        }
    }

    // MARK: Where the quadratic is hard

    /// Matrices that are singular, zero, or badly scaled, with consistent linear terms and thresholds from far below the
    /// slope to above it.
    private static let hard: ConvolutionProblem = {
        let order = 6
        func matrix(_ entry: (Int, Int) -> Double) -> [[Double]] {
            (0..<order).map { row in (0..<order).map { Double(Float(entry(row, $0))) } }
        }
        func delta(_ row: Int, _ column: Int) -> Double { row == column ? 1 : 0 }
        func scale(_ index: Int) -> Double { pow(10, Double(index) - 3) }
        let grams = [
            matrix { _, _ in 0 }, matrix { delta($0, $1) }, matrix { _, _ in 1 },
            matrix { delta($0, $1) * ($0 < 3 ? 1 : 0) }, matrix { delta($0, $1) * scale($0) },
            matrix { (0.5 + delta($0, $1)) * (scale($0) * scale($1)).squareRoot() },
            matrix { 1e-9 * (0.5 + delta($0, $1)) }, matrix { 1e9 * (0.5 + delta($0, $1)) },
        ]
        var stream = TestStream(seed: 8)
        let solutions = TaskValues(taskCount: grams.count, width: order, from: &stream)
        let linear = grams.indices.flatMap { task in
            Definitions.product(grams[task], solutions.vector(task)).map { Double(Float($0)) }
        }
        let centers = TaskValues(taskCount: grams.count, columnCount: 6, width: order, from: &stream)
        let shares = [1e-6, 1e-3, 0.1, 0.5, 0.999, 1.001]
        let thresholds = grams.indices.flatMap { task in
            shares.indices.map { column in
                let image = Definitions.product(grams[task], centers.vector(task, column))
                let slope = zip(image, linear[task * order..<(task + 1) * order]).map { $0 - $1 }
                return Double(Float(shares[column] * Definitions.norm(slope)))
            }
        }
        return ConvolutionProblem(
            grams: grams, linear: TaskValues(taskCount: grams.count, width: order, values: linear), centers: centers,
            thresholds: TaskValues(taskCount: grams.count, columnCount: 6, width: 1, values: thresholds))
    }()

    @Test("the slope balances the pull to the centre, however the matrix is", arguments: Candidate.all)
    func balance(candidate: Candidate) throws {
        try candidate.run {
            try checkBalance($0)
        } float: {
            try checkBalance($0)
        }
    }

    private func checkBalance<B: Backend>(_ backend: B) throws {
        let problem = Self.hard
        let found = try backend.infimalConvolution(of: problem)
        let unit = Double(B.Scalar.ulpOfOne)
        for (task, gram) in problem.grams.enumerated() {
            for column in 0..<problem.columnCount {
                let (c, t) = (problem.centers.vector(task, column), problem.thresholds[task, column, 0])
                let x = found.minimizers.vector(task, column)
                let gradient = found.gradients.vector(task, column)
                let rounding = problem.rounding(task, column, at: x, B.Scalar.self)
                let slope = zip(Definitions.product(gram, x), problem.linear.vector(task)).map { $0 - $1 }
                #expect(Definitions.distance(slope, gradient) <= rounding)
                #expect(Definitions.norm(gradient) <= t * (1 + 64 * unit) + rounding)
                let away = zip(x, c).map { $0 - $1 }
                let distance = Definitions.norm(away)
                guard x != c else { continue }
                // The direction is known up to the rounding of what is subtracted.
                let blur = 4 * unit * (Definitions.norm(x) + Definitions.norm(c)) / distance
                let pull = away.map { -t * $0 / distance }
                #expect(Definitions.distance(gradient, pull) <= t * (64 * unit + blur) + rounding)
            }
        }
        // Above the slope all are their centres; below it none but those of a flat quadratic.
        for task in problem.grams.indices {
            #expect(found.minimizers.vector(task, 5) == problem.centers.vector(task, 5))
            if task > 0 { #expect(found.minimizers.vector(task, 2) != problem.centers.vector(task, 2)) }
        }
    }

    @Test(
        "an infinite threshold gives the centre and the quadratic, to the bit", arguments: Candidate.all,
        [Distance.norm, .squared])
    func infinite(candidate: Candidate, distance: Distance) throws {
        try candidate.run {
            try checkInfinite($0, distance)
        } float: {
            try checkInfinite($0, distance)
        }
    }

    private func checkInfinite<B: Backend>(_ backend: B, _ distance: Distance) throws {
        var problem = Self.hard
        problem.distance = distance
        problem.thresholds = TaskValues(taskCount: 1, width: 1, values: [.infinity])
        let found = try backend.infimalConvolution(of: problem)
        #expect(found.minimizers.values == problem.centers.values)
        for (task, gram) in problem.grams.enumerated() {
            let c = problem.centers.vector(task)
            let slope = zip(Definitions.product(gram, c), problem.linear.vector(task)).map { $0 - $1 }
            let rounding = problem.rounding(task, 0, at: c, B.Scalar.self)
            #expect(Definitions.distance(found.gradients.vector(task), slope) <= rounding)
        }
    }

    @Test(
        "a threshold of 0 gives the solution nearest to the centre, and no gradient", arguments: Candidate.all,
        [Distance.norm, .squared])
    func zero(candidate: Candidate, distance: Distance) throws {
        try candidate.run {
            try checkZero($0, distance)
        } float: {
            try checkZero($0, distance)
        }
    }

    private func checkZero<B: Backend>(_ backend: B, _ distance: Distance) throws {
        // Of orders 4, singular: the matrix of ones leaves all but the sum free.
        let ones = Array(repeating: Array(repeating: 1.0, count: 4), count: 4)
        let half = (0..<4).map { row in (0..<4).map { $0 == row && row < 2 ? 2.0 : 0 } }
        var problem = ConvolutionProblem(
            grams: [ones, half], linear: TaskValues(taskCount: 2, width: 4, values: [6, 6, 6, 6, 2, -4, 0, 0]),
            centers: TaskValues(taskCount: 1, width: 4, values: [1, -1, 2, 0]),
            thresholds: TaskValues(taskCount: 1, width: 1, values: [0]))
        problem.distance = distance
        let found = try backend.infimalConvolution(of: repeatedCenters(problem))
        let tolerance = 500 * Double(B.Scalar.ulpOfOne)
        let nearest: [Double] = [2, 0, 3, 1, 1, -2, 2, 0]
        for (value, expected) in zip(found.minimizers.values, nearest) {
            #expect(abs(value - expected) <= tolerance)
        }
        #expect(found.gradients.values.allSatisfy { $0 == 0 })
        #expect(found.curvatures.values.allSatisfy { $0 == 0 })
    }

    /// The same with a centre a task.
    private func repeatedCenters(_ problem: ConvolutionProblem) -> ConvolutionProblem {
        var problem = problem
        let values = problem.grams.indices.flatMap { _ in problem.centers.values }
        problem.centers = TaskValues(
            taskCount: problem.taskCount, columnCount: problem.columnCount, width: problem.order, values: values)
        return problem
    }

    // MARK: Tasks and columns

    @Test("centers and thresholds of one task, or of one column, serve all", arguments: Candidate.all)
    func repeated(candidate: Candidate) throws {
        try candidate.run {
            try checkRepeated($0)
        } float: {
            try checkRepeated($0)
        }
    }

    private func checkRepeated<B: Backend>(_ backend: B) throws {
        let whole = ConvolutionProblem(taskCount: 35, order: 5, columnCount: 3)
        var shared = whole
        shared.centers = TaskValues(
            taskCount: 1, columnCount: 3, width: 5, values: (0..<3).flatMap { whole.centers.vector(0, $0) })
        shared.thresholds = TaskValues(taskCount: 35, width: 1, values: (0..<35).map { whole.thresholds[$0, 1, 0] })
        var written = repeatedCenters(shared)
        written.thresholds = TaskValues(
            taskCount: 35, columnCount: 3, width: 1,
            values: (0..<35).flatMap { Array(repeating: whole.thresholds[$0, 1, 0], count: 3) })
        let (one, other) = (
            try backend.infimalConvolution(of: shared), try backend.infimalConvolution(of: written)
        )
        #expect(one.minimizers.values == other.minimizers.values)
        #expect(one.gradients.values == other.gradients.values)
        #expect(one.values.values == other.values.values)
        #expect(one.curvatures.values == other.curvatures.values)
    }

    @Test(
        "do not depend on neighbours, and are NaN where a number is", arguments: Candidate.all,
        [Distance.norm, .squared])
    func neighbours(candidate: Candidate, distance: Distance) throws {
        try candidate.run {
            try checkNeighbours($0, distance)
        } float: {
            try checkNeighbours($0, distance)
        }
    }

    private func checkNeighbours<B: Backend>(_ backend: B, _ distance: Distance) throws {
        let plain = ConvolutionProblem(taskCount: 35, order: 6, columnCount: 2, distance: distance)
        var spoiled = plain
        spoiled.grams[2][4][1] = .nan
        spoiled.linear.values[11 * 6 + 3] = .nan
        spoiled.centers.values[(20 * 2 + 1) * 6] = .nan
        spoiled.thresholds.values[33 * 2] = .nan
        // Some take more steps than others.
        spoiled.grams[5] = spoiled.grams[5].map { $0.map { $0 * 0.001 } }
        let (whole, found) = (
            try backend.infimalConvolution(of: plain), try backend.infimalConvolution(of: spoiled)
        )
        for task in 0..<35 where task != 5 {
            for column in 0..<2 {
                let isBad = [2, 11].contains(task) || (task, column) == (20, 1) || (task, column) == (33, 0)
                let numbers = found.minimizers.vector(task, column) + found.gradients.vector(task, column)
                let others = whole.minimizers.vector(task, column) + whole.gradients.vector(task, column)
                #expect(isBad ? numbers.allSatisfy(\.isNaN) : numbers == others)
                #expect(found.values[task, column, 0].isNaN == isBad)
            }
        }
    }

    @Test("scale with the quadratic and with the coefficients, to the bit", arguments: Candidate.all)
    func scales(candidate: Candidate) throws {
        try candidate.run {
            try checkScales($0)
        } float: {
            try checkScales($0)
        }
    }

    private func checkScales<B: Backend>(_ backend: B) throws {
        let plain = ConvolutionProblem(taskCount: 17, order: 5, columnCount: 3)
        let found = try backend.infimalConvolution(of: plain)
        // Squares of these would leave the range of float.
        for (curvature, length) in [(0x1p60, 0x1p-20), (0x1p-60, 0x1p90), (0x1p40, 0x1p40)] {
            var scaled = plain
            scaled.grams = plain.grams.map { $0.map { $0.map { $0 * curvature } } }
            scaled.linear.values = plain.linear.values.map { $0 * curvature * length }
            scaled.thresholds.values = plain.thresholds.values.map { $0 * curvature * length }
            scaled.centers.values = plain.centers.values.map { $0 * length }
            let other = try backend.infimalConvolution(of: scaled)
            #expect(other.minimizers.values == found.minimizers.values.map { $0 * length })
            #expect(other.gradients.values == found.gradients.values.map { $0 * length * curvature })
        }
    }
}
