import Tables

/// The fields of one table of a study file, taken one by one: what is missing, of another type or left over is an error
/// with its line.
struct StudyFields {
    let file: String
    /// How messages call the table: `[design]`.
    let name: String
    let line: Int
    private var rest: StudyTable
    private var known: [String] = []

    init(_ table: StudyTable, name: String, file: String) {
        self.file = file
        self.name = name
        line = table.line
        rest = table
    }

    func error(_ line: Int?, _ message: String) -> StudyError {
        StudyError(file: file, line: line ?? self.line, message)
    }

    /// Takes a field out, if it is there.
    mutating func take(_ key: String) -> StudyValue? {
        known.append(key)
        defer { rest[key] = nil }
        return rest[key]
    }

    private mutating func require(_ key: String, _ kind: String) throws(StudyError) -> StudyValue {
        if let value = take(key) { return value }
        throw error(nil, "\(name) needs '\(key)', \(kind)")
    }

    /// - Parameter fallback: for a field that is not there; without one it has to be.
    mutating func integer(
        _ key: String, in range: ClosedRange<Int>, fallback: Int? = nil
    ) throws(StudyError) -> Int {
        let kind = "a whole number of \(range.lowerBound) or more"
        if let fallback, rest[key] == nil {
            known.append(key)
            return fallback
        }
        let value = try require(key, kind)
        guard case .integer(let integer) = value.content, integer >= range.lowerBound else {
            throw error(value.line, "'\(key)' is \(kind), not \(value.found)")
        }
        guard integer <= range.upperBound else {
            throw error(value.line, "'\(key)' is \(integer), and at most \(range.upperBound) can be")
        }
        return integer
    }

    mutating func number(
        _ key: String, in range: NumberRange, fallback: Double? = nil
    ) throws(StudyError) -> Double {
        if let fallback, rest[key] == nil {
            known.append(key)
            return fallback
        }
        return try number(try require(key, range.text), key, in: range)
    }

    func number(_ value: StudyValue, _ key: String, in range: NumberRange) throws(StudyError) -> Double {
        let number: Double? =
            switch value.content {
            case .integer(let integer): Double(integer)
            case .number(let number): number
            default: nil
            }
        guard let number, range.contains(number) else {
            throw error(value.line, "'\(key)' is \(range.text), not \(value.found)")
        }
        return number
    }

    mutating func flag(_ key: String, fallback: Bool) throws(StudyError) -> Bool {
        guard let value = take(key) else { return fallback }
        guard case .flag(let flag) = value.content else {
            throw error(value.line, "'\(key)' is true or false, not \(value.found)")
        }
        return flag
    }

    mutating func text(_ key: String, fallback: String? = nil) throws(StudyError) -> String {
        if let fallback, rest[key] == nil {
            known.append(key)
            return fallback
        }
        let value = try require(key, "a text in quotes")
        guard case .text(let text) = value.content else {
            throw error(value.line, "'\(key)' is a text in quotes, not \(value.found)")
        }
        return text
    }

    /// A text that is one of an enumeration's names.
    mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, fallback: Choice? = nil
    ) throws(StudyError) -> Choice {
        if let fallback, rest[key] == nil {
            known.append(key)
            return fallback
        }
        let names = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        let value = try require(key, "one of \(names)")
        guard case .text(let text) = value.content, let choice = Choice(rawValue: text) else {
            throw error(value.line, "'\(key)' is one of \(names), not \(value.found)")
        }
        return choice
    }

    /// A table within this one, if it is there.
    mutating func fields(_ key: String) throws(StudyError) -> StudyFields? {
        guard let value = take(key) else { return nil }
        guard case .table(let table) = value.content else {
            throw error(value.line, "'\(key)' is a table, [\(key)], not \(value.found)")
        }
        return StudyFields(table, name: "[\(key)]", file: file)
    }

    /// A list, if it is there.
    mutating func list(_ key: String, of kind: String) throws(StudyError) -> (values: [StudyValue], line: Int)? {
        guard let value = take(key) else { return nil }
        guard case .list(let values) = value.content else {
            throw error(value.line, "'\(key)' is a list of \(kind), not \(value.found)")
        }
        return (values, value.line)
    }

    /// Refuses what no one has asked for.
    func finish() throws(StudyError) {
        guard let (key, value) = rest.entries.first else { return }
        let near = known.min { ColumnNames.editDistance($0, key) < ColumnNames.editDistance($1, key) }
        var advice = "; it has " + known.map { "'\($0)'" }.joined(separator: ", ")
        if let near, ColumnNames.editDistance(near, key) <= max(1, key.count / 3) {
            advice = "; did you mean '\(near)'?"
        }
        throw error(value.line, "\(name) has no '\(key)'\(advice)")
    }
}

/// Which numbers a field takes.
enum NumberRange {
    case finite, positive, atLeastZero, share, belowHalf
    case above(Double)
    case oneOrLess

    func contains(_ number: Double) -> Bool {
        guard number.isFinite else { return false }
        return switch self {
        case .finite: true
        case .positive: number > 0
        case .atLeastZero: number >= 0
        case .share: number >= 0 && number < 1
        case .belowHalf: number >= 0 && number < 0.5
        case .above(let bound): number > bound
        case .oneOrLess: number > -1 && number < 1
        }
    }

    var text: String {
        switch self {
        case .finite: "a number"
        case .positive: "a number above 0"
        case .atLeastZero: "a number of 0 or more"
        case .share: "a number from 0 to less than 1"
        case .belowHalf: "a number from 0 to less than 0.5"
        case .above(let bound): "a number above \(bound)"
        case .oneOrLess: "a number between -1 and 1"
        }
    }
}
