import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("Shards")
struct SlowShardTests {
    /// What an estimator is told of its memory so that a problem falls into so many shards, on the backend with the
    /// largest sum blocks: seven blocks of tasks, the last not full.
    private static func problem(for backend: some Backend) -> ArrayProblem {
        let counts = (0..<7 * backend.sumBlockSize - 3).map { 4 + $0 % 3 }
        return ArrayProblem(RandomProblem(sampleCounts: counts, featureCount: 2, isWeighted: true))
    }

    @Test(
        "fits in 1, 2 and 7 shards have the same bits", arguments: Candidate.all,
        [VarianceEstimator.iid, .hc2, .cluster])
    func sameBits(candidate: Candidate, variance: VarianceEstimator) throws {
        try candidate.run {
            try check(candidate, backend: $0, variance)
        } float: {
            try check(candidate, backend: $0, variance)
        }
    }

    private func check<B: Backend>(_ candidate: Candidate, backend: B, _ variance: VarianceEstimator) throws {
        var problem = Self.problem(for: backend)
        problem.clusterCodes = (0..<problem.layout.rowCount).map { UInt32($0 * 7 % 13) }
        let whole = try Fits(of: problem, variance: variance, on: candidate)
        #expect(whole.shardCount == 1)
        for (shardCount, blocks) in [(2, 4), (7, 1)] {
            var small = candidate
            // Four arrays of the joint moments of two features and a response.
            small.memoryBytes = 4 * triangleCount(3) * MemoryLayout<B.Scalar>.stride * backend.sumBlockSize * blocks
            let sharded = try Fits(of: problem, variance: variance, on: small)
            #expect(sharded.shardCount == shardCount)
            #expect(sharded.individual.statuses == whole.individual.statuses)
            #expect(sharded.individual.tasks?.coefficients == whole.individual.tasks?.coefficients)
            #expect(sharded.individual.tasks?.standardErrors == whole.individual.tasks?.standardErrors)
            #expect(sharded.pooled.center == whole.pooled.center)
            #expect(sharded.pooled.statuses == whole.pooled.statuses)
        }
        #expect(whole.individual.statuses.allSatisfy { $0 == .ok })
    }

    private struct Fits {
        var shardCount = 0
        var individual = Fit(statuses: [])
        var pooled = Fit(statuses: [])

        init(of problem: ArrayProblem, variance: VarianceEstimator, on candidate: Candidate) throws {
            try candidate.run {
                try fit(problem, variance, on: $0)
            } float: {
                try fit(problem, variance, on: $0)
            }
        }

        private mutating func fit(
            _ problem: ArrayProblem, _ variance: VarianceEstimator, on backend: some Backend
        ) throws {
            let reference = CPUBackend<Double>(parallel: Parallel(threadCount: 1))
            shardCount = problem.shardCount(for: backend, arrayCount: 4, passes: .one)
            individual = try Individual(variance: variance).fit(problem, on: backend, reference: reference)
            pooled = try Pooled(variance: variance).fit(problem, on: backend, reference: reference)
        }
    }
}
