import Compute
import Definitions
import TestSupport
import Testing

@Suite("Lent rows")
struct LentRowsTests {
    private static let problems = [
        RandomProblem(sampleCounts: [511, 0, 512, 1, 513], featureCount: 4, isWeighted: true),
        RandomProblem(sampleCounts: (0..<33).map { 24 + $0 % 7 }, featureCount: 20, isWeighted: false),
    ]

    @Test("give the bits of rows that are copied, in one chunk and in several", arguments: Candidate.all, problems)
    func moments(candidate: Candidate, problem: RandomProblem) throws {
        try candidate.run {
            try checkMoments($0, problem)
        } float: {
            try checkMoments($0, problem)
        }
    }

    private func checkMoments<B: Backend>(_ backend: B, _ problem: RandomProblem) throws {
        let lent = problem.source(of: B.Scalar.self)
        let copied = CopiedRows(rows: lent)
        #expect(lent.lend(0..<1) != nil && copied.lend(0..<1) == nil)
        for chunkRows in [nil, 600] {
            #expect(
                try moments(of: lent, on: backend, chunkRows: chunkRows)
                    == moments(of: copied, on: backend, chunkRows: chunkRows))
        }
    }

    private func moments<B: Backend>(
        of source: some TaskSource<B.Scalar>, on backend: B, chunkRows: Int?
    ) throws -> [Double] {
        let moments = try backend.makeMoments(
            taskCount: source.layout.taskCount, featureCount: source.featureCount)
        try backend.forEachChunk(of: source, chunkRows: chunkRows) { rows throws(ComputeError) in
            try backend.accumulate(rows, rowWeights: nil, into: moments)
        }
        return try backend.download(moments.joint.triangles)
    }
}

/// Rows of a source that has to write them.
private struct CopiedRows<Scalar: LaneScalar>: TaskSource {
    let rows: RowArrays<Scalar>

    var layout: TaskLayout { rows.layout }
    var featureCount: Int { rows.featureCount }
    var responseCount: Int { rows.responseCount }
    var isWeighted: Bool { rows.isWeighted }

    func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) { try rows.fill(chunk) }
}
