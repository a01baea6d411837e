import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("Batches of problems")
struct SlowBatchTests {
    private static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }
    private static let featureCount = 3
    private static let foldCount = 3

    private static let methods: [any Estimator] = [
        Individual(), Pooled(), Pooled(variance: .hc1), MOLAR(), Ridge(center: .pool, penalty: .value(2)),
        Ridge(center: .zero, penalty: .value(0.5)), Ridge(penalty: .value(2), standardizes: true),
        Ridge(center: .pool, penalty: .crossValidated(foldCount: foldCount, seed: 4)),
        Ridge(center: .zero, penalty: .crossValidated(foldCount: foldCount, seed: 4)),
        ARMUL(strength: 0.3), ARMUL(strength: 1, intercept: .shared, weights: .equal),
        ARMUL(penalty: .crossValidated(StrengthGrid(strengths: [0.1, 0.8], foldCount: foldCount, seed: 4))),
    ]

    /// Groups that share no pack boundary. Sound ones, and among them an empty one, one of too few rows, one with a task
    /// that is not finite and one whose features are collinear.
    private static let groups: [[TaskRows]] = {
        let sizes = [3, 0, 9, 1, 5, 4, 40, 600]
        var tasks = RandomProblem(
            sampleCounts: (0..<sizes.reduce(0, +)).map { $0 == 12 ? 3 : 8 + $0 % 7 }, featureCount: featureCount,
            isWeighted: false
        ).tasks[...]
        var groups: [[TaskRows]] = []
        for size in sizes {
            groups.append(Array(tasks.prefix(size)))
            tasks = tasks.dropFirst(size)
        }
        groups[4][2].response[1] = .infinity
        for task in groups[5].indices {
            for row in groups[5][task].design.indices {
                groups[5][task].design[row][2] = groups[5][task].design[row][1]
            }
        }
        return groups
    }()

    @Test(
        "what is found of a group does not depend on the others, to the bit", arguments: Candidate.all, [true, false])
    func sameBits(candidate: Candidate, hasRows: Bool) throws {
        try candidate.run {
            try checkSameBits(on: $0, hasRows: hasRows)
        } float: {
            try checkSameBits(on: $0, hasRows: hasRows)
        }
    }

    private func checkSameBits<B: Backend>(on backend: B, hasRows: Bool) throws {
        for method in Self.methods {
            let fits = try fits(of: Self.groups, with: method, on: backend, hasRows: hasRows)
            let reversed = try self.fits(of: Self.groups.reversed(), with: method, on: backend, hasRows: hasRows)
            for (group, tasks) in Self.groups.enumerated() {
                let alone = try self.fits(of: [tasks], with: method, on: backend, hasRows: hasRows)[0]
                #expect(fits[group].bits == alone.bits, "\(method), group \(group)")
                #expect(reversed[Self.groups.count - 1 - group].bits == alone.bits, "\(method), group \(group)")
            }
        }
    }

    @Test("what is found of a group is what a fit of it alone finds", arguments: Candidate.all, [true, false])
    func agreement(candidate: Candidate, hasRows: Bool) throws {
        try candidate.run {
            try checkAgreement(on: $0, hasRows: hasRows)
        } float: {
            try checkAgreement(on: $0, hasRows: hasRows)
        }
    }

    private func checkAgreement<B: Backend>(on backend: B, hasRows: Bool) throws {
        for method in Self.methods {
            let fits = try fits(of: Self.groups, with: method, on: backend, hasRows: hasRows)
            for (group, tasks) in Self.groups.enumerated() {
                let alone = try fit(tasks, with: method, on: backend, hasRows: hasRows)
                let found = fits[group]
                #expect(found.statuses == alone.statuses && found.centerStatus == alone.centerStatus)
                #expect(found.penalty?.origin == alone.penalty?.origin)
                if method is Pooled || method is Ridge {
                    #expect(found.refittedTaskCount == alone.refittedTaskCount)
                    #expect(found.orthogonalizedTaskCount == alone.orthogonalizedTaskCount)
                }
                #expect(found.center?.sampleCount == alone.center?.sampleCount)
                #expect(found.center?.degreesOfFreedom.bitPattern == alone.center?.degreesOfFreedom.bitPattern)
                // A few roundings of each moment, through a solution of columns of condition below 10.
                let tolerance = 64 * Double(B.Scalar.ulpOfOne) * 100
                #expect(found.numbers.count == alone.numbers.count)
                for (one, other) in zip(found.numbers, alone.numbers) {
                    #expect(one.isNaN == other.isNaN)
                    #expect(!(abs(one - other) > tolerance * (1 + abs(other))), "\(method), group \(group)")
                }
            }
        }
    }

    @Test("how many groups fit the memory at a time changes no bit", arguments: Candidate.all, [true, false])
    func memory(candidate: Candidate, hasRows: Bool) throws {
        let tasks = RandomProblem(
            sampleCounts: (0..<2400).map { 6 + $0 % 4 }, featureCount: Self.featureCount, isWeighted: false
        ).tasks
        let groups = stride(from: 0, to: tasks.count, by: 300).map { Array(tasks[$0..<$0 + 300]) }
        var small = candidate
        small.memoryBytes = 1
        for method in Self.methods {
            var bits: [[[UInt64]]] = []
            for candidate in [candidate, small] {
                try candidate.run {
                    bits.append(try fits(of: groups, with: method, on: $0, hasRows: hasRows).map(\.bits))
                } float: {
                    bits.append(try fits(of: groups, with: method, on: $0, hasRows: hasRows).map(\.bits))
                }
            }
            #expect(bits[0] == bits[1], "\(method)")
        }
    }

    /// Fits groups side by side, with a task that is in none before each but the first.
    private func fits(
        of groups: [[TaskRows]], with method: any Estimator, on backend: some Backend, hasRows: Bool
    ) throws -> [Fit] {
        var tasks: [TaskRows] = []
        var ranges: [Range<Int>] = []
        for group in groups {
            if !ranges.isEmpty { tasks.append(Self.groups[0][0]) }
            ranges.append(tasks.count..<tasks.count + group.count)
            tasks += group
        }
        let problem = ArrayProblem(tasks: tasks, featureCount: Self.featureCount)
        if hasRows {
            return try method.fits(
                ProblemBatch(problem, groups: ranges), on: backend, reference: Self.reference, progress: nil)
        }
        guard !method.needsRows else { return groups.map { _ in Fit(statuses: []) } }
        return try method.fits(
            ProblemBatch(DrawnProblem(problem, foldCount: Self.foldCount), groups: ranges), on: backend,
            reference: Self.reference, progress: nil)
    }

    private func fit(
        _ tasks: [TaskRows], with method: any Estimator, on backend: some Backend, hasRows: Bool
    ) throws -> Fit {
        let problem = ArrayProblem(tasks: tasks, featureCount: Self.featureCount)
        if hasRows { return try method.fit(problem, on: backend, reference: Self.reference, progress: nil) }
        guard !method.needsRows else { return Fit(statuses: []) }
        return try method.fit(
            DrawnProblem(problem, foldCount: Self.foldCount), on: backend, reference: Self.reference, progress: nil)
    }
}

extension Estimator {
    /// Whether its variances are formed of rows.
    fileprivate var needsRows: Bool { (self as? Pooled).map { $0.variance != .iid } ?? false }
}

extension Fit {
    /// Every number there is.
    fileprivate var numbers: [Double] {
        var numbers = center.map { $0.coefficients + $0.standardErrors } ?? []
        if let tasks { numbers += tasks.coefficients + tasks.standardErrors }
        return numbers + (penalty.map { [$0.value] } ?? [])
    }

    fileprivate var bits: [UInt64] { numbers.map(\.bitPattern) + statuses.map { UInt64($0 == .ok ? 1 : 0) } }
}
