import Studies
import Testing

@Suite("the table of students")
struct StudentTableTests {
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
