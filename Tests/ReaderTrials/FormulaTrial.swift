import Compute
import Tables

/// Formulas, and the designs they make of a small table.
enum FormulaTrial {
    static func verdict(on text: String) -> ReaderTrial.Verdict {
        let formula: Formula
        do throws(TableError) {
            formula = try Formula(parsing: text)
        } catch {
            return ReaderTrial.Verdict(error, of: .usage, naming: "formula '")
        }
        do throws(TableError) {
            read(try Design(formula: formula, store: store(for: formula.variables), weights: nil))
            return .read
        } catch {
            return ReaderTrial.Verdict(error)
        }
    }

    static func read(_ design: Design) {
        do throws(ComputeError) {
            try design.forEachRowBlock(parallel: Parallel(threadCount: 1)) { _, _ in }
        } catch {
            preconditionFailure("a store in memory is read: \(error)")
        }
    }

    /// Four rows of each column, as numbers or as three levels.
    private static func store(for variables: [Formula.Variable]) -> ColumnStore {
        let levels = Labels(["a", "b", "c"])
        return ColumnStore(
            layout: TaskLayout(sampleCounts: [3, 1]), taskLabels: Labels(["1", "2"]),
            columns: variables.enumerated().map { index, variable in
                let isNumbers = variable.content == .numbers || variable.content == .either && index % 2 == 0
                return ColumnStore.Column(name: variable.name, kind: isNumbers ? .numbers : .codes(levels: levels))
            }, values: variables.map { _ in [0, 1, 2, 1] })
    }
}
