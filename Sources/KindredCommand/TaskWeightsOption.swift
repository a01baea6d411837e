import ArgumentParser
import Methods
import Tables

/// What `--task-weights` says.
enum TaskWeightsOption: CustomStringConvertible, Equatable {
    case precision, observations, equal
    case column(String)

    init(parsing argument: String) throws {
        switch argument {
        case "precision": self = .precision
        case "observations": self = .observations
        case "equal": self = .equal
        default:
            guard let name = columnName(in: argument) else {
                throw ValidationError("precision, observations, equal or column:NAME is needed")
            }
            self = .column(name)
        }
    }

    var description: String {
        switch self {
        case .precision: "precision"
        case .observations: "observations"
        case .equal: "equal"
        case .column(let name): "column:\(name)"
        }
    }

    /// The column that it names.
    var column: String? {
        if case .column(let name) = self { return name }
        return nil
    }

    /// As MOLAR takes them.
    func weights(of store: ColumnStore) throws(TableError) -> MOLAR.TaskWeights {
        switch self {
        case .precision: .precision
        case .observations: .observations
        case .equal: .equal
        case .column(let name): .given(try TaskNumbers(of: name, use: "a weight", mayBeZero: true, store: store).values)
        }
    }
}

/// The name in `column:NAME`; nil for anything else.
func columnName(in argument: String) -> String? {
    let prefix = "column:"
    return argument.hasPrefix(prefix) && argument.count > prefix.count ? String(argument.dropFirst(prefix.count)) : nil
}
