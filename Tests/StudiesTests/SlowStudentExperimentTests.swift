import CPUFallback
import Compute
import Studies
import Testing

@Suite("the experiment on students")
struct SlowStudentExperimentTests {
    private func outcomes(_ data: StudentData, splits: Int, threads: Int = 2) throws -> [StudentOutcome] {
        let backend = CPUBackend<Double>(parallel: Parallel(threadCount: threads))
        return try StudentExperiment(
            data, splitCount: splits, seed: 1, progress: { _, _ in }, passes: PassProgress { _ in true }
        ).run(on: backend, reference: backend).get()
    }

    private func method(_ name: String) throws -> Int {
        try #require(StudentMethod.all.firstIndex { $0.name == name })
    }

    @Test("is the same with any number of threads, and each split whatever the others are")
    func determinism() throws {
        let data = try StudentFixture.data(threads: 1)
        // More than a batch of them.
        let one = try outcomes(data, splits: 30, threads: 1)
        #expect(try outcomes(StudentFixture.data(threads: 3), splits: 30, threads: 3) == one)
        #expect(try outcomes(data, splits: 3) == Array(one[..<3]))
        #expect(Set(one.map { $0.choices[0].errors[0] }).count == 30)
        // A tenth of the rows miss an answer, and so none of twelve rows in a quarter of all draws.
        #expect(one.contains { $0.redrawnCount > 0 })
        for outcome in one {
            for place in outcome.choices.indices {
                #expect(outcome.relativeError(of: place).isFinite)
                #expect(outcome.leastRelativeError(of: place) <= outcome.relativeError(of: place))
            }
            #expect(outcome.relativeError(of: 0) == 100)
        }
    }

    @Test("finds coefficients of rows without errors exactly, of the parts and of the rest")
    func exact() throws {
        // A country more than the others' slope, so that the pooled coefficients are nobody's.
        let students = MadeStudents { country, _, isFemale, hasComputer, escs in
            2 * isFemale - 3 * hasComputer + (country == 2 ? 2 : 1) * escs
        }
        let found = try outcomes(students.data(), splits: 4)
        let (pool, hard) = (try method("Pool"), try method("MOLAR, hard"))
        for outcome in found {
            #expect(outcome.choices[0].errors.allSatisfy { $0 < 1e-9 }, "\(outcome.choices[0].errors)")
            #expect(outcome.choices[pool].errors.allSatisfy { $0 > 0.01 })
            // The two countries that are alike are at the median.
            #expect(outcome.choices[hard].errors[..<2].allSatisfy { $0 < 1e-9 })
        }
    }
}
