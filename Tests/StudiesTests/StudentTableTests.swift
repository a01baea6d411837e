import CPUFallback
import Compute
import Studies
import Testing

@Suite("the table of students")
struct StudentTableTests {
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

    @Test("takes the coefficient with the least error of validation, the first of several")
    func choice() {
        let errors = [[5.0, 1], [1, 1], [2, 2]]
        let second = StudentOutcome.Choice(errors: errors, validation: [3, 2, 2])
        #expect(second.coefficient == 1 && second.errors == [1, 1] && second.leastSum == 2)
        let first = StudentOutcome.Choice(errors: errors, validation: [1, 2, 3])
        #expect(first.coefficient == 0 && first.errors == [5, 1] && first.leastSum == 2)
        // What is no number is never chosen.
        #expect(StudentOutcome.Choice(errors: errors, validation: [.nan, 9, 4]).coefficient == 2)
    }

    /// A split in which least squares have errors 1 and 3, and each method these times as much.
    private func outcome(_ factors: [Double]) -> StudentOutcome {
        StudentOutcome(
            choices: factors.enumerated().map { place, factor in
                StudentOutcome.Choice(
                    errors: StudentMethod.all[place].isTuned
                        ? [[factor, 3 * factor], [factor / 2, 3 * factor / 2]] : [[factor, 3 * factor]],
                    validation: StudentMethod.all[place].isTuned ? [1, 2] : [1])
            }, redrawnCount: 2)
    }

    @Test("has A.R.E. of sums over countries, its mean and standard error, and how often each coefficient was chosen")
    func lines() {
        let table = StudentTable([
            outcome([1, 0.5, 1.5, 0.75, 1, 0.5, 1]), outcome([1, 1, 1.5, 0.75, 1, 0.5, 1]),
        ])
        #expect(table.redrawnCount == 4)
        let lasso = table.lines[1]
        #expect(lasso.relativeError.value == 75)
        // Of 50 and 100: a standard deviation of 25 sqrt(2) over sqrt(2).
        #expect(abs(lasso.relativeError.standardError - 25) < 1e-12)
        #expect(lasso.leastRelativeError.value == 37.5)
        #expect(lasso.errors.map(\.value) == [0.75, 2.25])
        #expect(lasso.choiceCounts == [2, 0, 0, 0, 0])
        #expect(table.lines[0].relativeError.standardError == 0)
        #expect(table.lines[0].distance == nil)
        // 93.1 is known with an error of 1.
        #expect(abs((lasso.distance ?? 0) - 18.1 / 626.0.squareRoot()) < 1e-12)
        #expect(StudentTable([outcome([1, 1, 1, 1, 1, 1, 1])]).lines[1].distance == nil)
    }

    @Test("says which methods are in another order than in the paper, and which are ahead of MOLAR")
    func order() {
        // OLS, LASSO, Pool, RM, ML, MOLAR soft, hard.
        let asPrinted = StudentTable([outcome([1, 0.86, 1.06, 0.81, 0.9, 0.77, 0.95])])
        #expect(asPrinted.swapped.isEmpty && asPrinted.aheadOfMOLAR.isEmpty)
        let other = StudentTable([outcome([1, 0.86, 0.9, 0.7, 0.69, 0.77, 0.95])])
        #expect(other.swapped.map(\.0) == ["MOLAR, soft", "OLS"])
        #expect(other.swapped.map(\.1) == ["RM", "Pool"])
        #expect(other.aheadOfMOLAR.map(\.method.name) == ["ML", "RM"])
    }
}
