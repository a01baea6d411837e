import CPUFallback
import Compute
import Methods
import RealModule
import TestSupport
import Testing

/// Case 28 of MOLAR's specification, and what its intervals and tests are made of.
@Suite("intervals of shared coefficients")
struct SlowIntervalTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    /// What intervals did in several draws of 50 coefficients, three a task different.
    struct Coverage {
        var aligned = Counter()
        var unaligned = Counter()
        /// The length of intervals over that of own ones of the same coverage.
        var lengths: [Double] = []

        struct Counter {
            var covered = 0
            var total = 0
            var share: Double { Double(covered) / Double(total) }

            mutating func add(_ isCovered: Bool) {
                covered += isCovered ? 1 : 0
                total += 1
            }
        }

        var lengthRatio: Double { lengths.reduce(0, +) / Double(lengths.count) }
    }

    static func coverage(
        taskCount: Int, separation: Double, _ halfWidth: SharedIntervals.HalfWidth, draws: Int = 4,
        differences: Int = 3
    ) throws -> Coverage {
        var coverage = Coverage()
        let critical = StudentT(degreesOfFreedom: 950).quantile(0.975)
        for draw in 0..<draws {
            let problem = SparseProblem(
                taskCount: taskCount, rowCount: 1000, featureCount: 50, differences: differences,
                separation: separation, seed: UInt64(280 + draw))
            let fit = try MOLAR().fit(problem, on: reference, reference: reference)
            let differences = try #require(fit.differences)
            let intervals = SharedIntervals(differences, level: 0.95, halfWidth: halfWidth)
            for index in problem.truth.indices {
                let interval = intervals.interval(task: index / 50, feature: index % 50)
                let isCovered = interval.low <= problem.truth[index] && problem.truth[index] <= interval.high
                if problem.differs(index) { coverage.unaligned.add(isCovered) } else { coverage.aligned.add(isCovered) }
                coverage.lengths.append(
                    (interval.high - interval.low) / (2 * critical * differences.ownStandardErrors[index]))
            }
        }
        return coverage
    }

    @Test(
        "28: with differences of thirty standard errors they cover, and are shorter than own ones",
        arguments: [30, 100], [SharedIntervals.HalfWidth.quantile, .normal])
    func coverage(taskCount: Int, halfWidth: SharedIntervals.HalfWidth) throws {
        let found = try Self.coverage(taskCount: taskCount, separation: 30, halfWidth)
        // At the nominal coverage by chance less than three deviations below.
        func least(_ total: Int) -> Double { 0.95 - 3 * (0.95 * 0.05 / Double(total)).squareRoot() }
        #expect(found.aligned.share >= least(found.aligned.total))
        #expect(found.unaligned.share >= least(found.unaligned.total))
        #expect(found.lengthRatio < (taskCount == 100 ? 0.45 : 1))
    }

    @Test("28: differences of four standard errors are missed more often than promised")
    func lostCoverage() throws {
        for halfWidth in [SharedIntervals.HalfWidth.quantile, .normal] {
            let found = try Self.coverage(taskCount: 30, separation: 4, halfWidth)
            #expect(found.aligned.share >= 0.95)
            #expect((0.3...0.7).contains(found.unaligned.share))
        }
    }

    @Test("with no differences a task's interval is that of the centre, and covers")
    func noDifferences() throws {
        let found = try Self.coverage(taskCount: 30, separation: 0, .normal, differences: 0)
        #expect(found.aligned.share > 0.96)
        #expect(found.lengthRatio < 0.35)
    }

    @Test("normal ones cover from 15 degrees of freedom on, and are not given with fewer", arguments: [20, 19])
    func fewDegrees(rowCount: Int) throws {
        var centers = Coverage.Counter()
        for draw in 0..<80 {
            let problem = SparseProblem(
                taskCount: 100, rowCount: rowCount, featureCount: 5, differences: 0, separation: 0,
                seed: UInt64(900 + draw))
            let fit = try MOLAR().fit(problem, on: Self.reference, reference: Self.reference)
            let differences = try #require(fit.differences)
            let intervals = SharedIntervals(differences, level: 0.95, halfWidth: .normal)
            for feature in 0..<5 {
                let width = intervals.halfWidths[feature]
                #expect(width.isNaN == (rowCount < 20))
                centers.add(abs(differences.center[feature] - problem.truth[feature]) <= width)
            }
        }
        if rowCount == 20 { #expect(centers.share >= 0.95 - 3 * (0.95 * 0.05 / Double(centers.total)).squareRoot()) }
    }

    @Test("the half width of quantiles solves its equation, and is that of equal errors in closed form")
    func quantileEquation() throws {
        let problem = SparseProblem(
            taskCount: 40, rowCount: 60, featureCount: 5, differences: 1, separation: 100, seed: 5)
        let fit = try MOLAR(weights: .equal).fit(problem, on: Self.reference, reference: Self.reference)
        let differences = try #require(fit.differences)
        let intervals = SharedIntervals(differences, level: 0.9)
        let normal = StudentT(degreesOfFreedom: .infinity)
        let gate = (2 * Double.log(max(2.0 * 60, 8 / 0.1))).squareRoot()
        for feature in 0..<5 {
            let errors = (0..<40).map { differences.ownStandardErrors[$0 * 5 + feature] }
            let near = (0..<40).filter {
                abs(differences.ownCoefficients[$0 * 5 + feature] - differences.center[feature]) < gate * errors[$0]
            }
            let share =
                1 - Double(near.count) / 40 + (1.01 * 0.5 * Double.log(4 / 0.1) / Double(near.count)).squareRoot()
            let width = intervals.halfWidths[feature]
            guard 40 - near.count <= 8, share < 0.5 else {
                #expect(width.isNaN)
                continue
            }
            let sum = near.reduce(0.0) { $0 + normal.cumulative(width / errors[$1]) }
            #expect(abs(sum / ((0.5 + share) * Double(near.count)) - 1) < 1e-9)
        }
        #expect(intervals.halfWidths.contains { !$0.isNaN })
    }

    @Test("where more than a fifth of the tasks differ all have the interval of their own estimate")
    func manyDifferences() throws {
        let problem = SparseProblem(
            taskCount: 20, rowCount: 80, featureCount: 4, differences: 2, separation: 200, seed: 6)
        let fit = try MOLAR().fit(problem, on: Self.reference, reference: Self.reference)
        let differences = try #require(fit.differences)
        let intervals = SharedIntervals(differences, level: 0.95)
        let critical = StudentT(degreesOfFreedom: 76).quantile(0.975)
        for index in problem.truth.indices {
            let interval = intervals.interval(task: index / 4, feature: index % 4)
            #expect(!interval.isShared)
            let reach = critical * differences.ownStandardErrors[index]
            #expect(abs(interval.high - differences.ownCoefficients[index] - reach) < 1e-12)
        }
    }

    @Test(
        "the constants of Lemma 12",
        arguments: [(0.01, 3.10), (0.05, 4.92), (0.1, 8.03), (0.2, 22.3), (0.3, 81.5), (0.4, 660), (0.45, 5062)])
    func constants(share: Double, expected: Double) {
        #expect(abs(MedianConcentration.constant(share) / expected - 1) < 3e-3)
    }

    @Test("as printed they are wider than own ones by far")
    func paperIntervals() throws {
        let found = try Self.coverage(taskCount: 100, separation: 30, .paper, draws: 1, differences: 0)
        // But for a task in thousands that fails the gate by chance.
        #expect(found.aligned.share > 0.999)
        #expect(found.lengthRatio > 100)
    }

    @Test("p-values of shared coefficients are uniform")
    func uniformPValues() throws {
        var pValues: [Double] = []
        for seed in 0..<6 {
            let problem = SparseProblem(taskCount: 25, rowCount: 30, featureCount: 8, seed: UInt64(70 + seed))
            let fit = try MOLAR().fit(problem, on: Self.reference, reference: Self.reference)
            pValues += DifferenceTest(try #require(fit.differences)).pValues()
        }
        // The median is an estimate of its own: an own 0 has p-value 1.
        #expect(Sample.distance(pValues.filter { $0 < 1 }) { $0 } < 1.63)
    }

    @Test("p-values find differences, and rates of false discoveries hold")
    func discoveries() throws {
        var (found, missed, wrong) = (0, 0, 0)
        for seed in 0..<4 {
            let problem = SparseProblem(
                taskCount: 40, rowCount: 200, featureCount: 10, differences: 1, separation: 8, seed: UInt64(80 + seed))
            let fit = try MOLAR().fit(problem, on: Self.reference, reference: Self.reference)
            let pValues = DifferenceTest(try #require(fit.differences)).pValues()
            for (index, rate) in FalseDiscovery.adjusted(pValues).enumerated() {
                if problem.differs(index) {
                    if rate <= 0.1 { found += 1 } else { missed += 1 }
                } else if rate <= 0.1 {
                    wrong += 1
                }
            }
        }
        #expect(missed <= found / 20)
        #expect(wrong <= (found + wrong) / 5)
    }

    @Test("rates of false discoveries are those of their definition")
    func adjusted() {
        let pValues = [0.01, 0.04, .nan, 0.03, 0.005, 0.55, 0.04, 1, 0]
        let known = pValues.filter { !$0.isNaN }
        let adjusted = FalseDiscovery.adjusted(pValues)
        for (index, value) in pValues.enumerated() {
            guard !value.isNaN else {
                #expect(adjusted[index].isNaN)
                continue
            }
            let expected =
                known.filter { $0 >= value }.map { larger in
                    larger * Double(known.count) / Double(known.count { $0 <= larger })
                }.min() ?? .nan
            #expect(abs(adjusted[index] - min(1, expected)) < 1e-15)
        }
        #expect(FalseDiscovery.adjusted([]).isEmpty)
    }
}
