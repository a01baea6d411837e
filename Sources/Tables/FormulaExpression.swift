/// An arithmetic expression of columns, as `I(x^2)` or `log(score)`.
package indirect enum FormulaExpression: Sendable, Hashable {
    /// A number with the spelling the user gave it.
    case number(Double, spelling: String)
    case column(String)
    case negative(FormulaExpression)
    case binary(Operator, FormulaExpression, FormulaExpression)
    case call(Function, FormulaExpression)
    case parentheses(FormulaExpression)

    package enum Operator: String, Sendable, Hashable {
        case add = " + "
        case subtract = " - "
        case multiply = " * "
        case divide = "/"
        case power = "^"
    }

    package enum Function: String, Sendable, Hashable, CaseIterable {
        case log, exp, sqrt
        /// Leaves its argument as it is: it only tells arithmetic from the formula's own operators.
        case identity = "I"
    }

    /// The expression with the spaces that R gives it, as terms are named after it.
    package var text: String {
        switch self {
        case .number(_, let spelling): spelling
        case .column(let name): formulaName(name)
        case .negative(let operand): "-" + operand.text
        case .binary(let sign, let left, let right): left.text + sign.rawValue + right.text
        case .call(let function, let argument): "\(function.rawValue)(\(argument.text))"
        case .parentheses(let inner): "(\(inner.text))"
        }
    }

    /// The columns it reads, each once, in order of appearance.
    package var columns: [String] {
        var names: [String] = []
        collectColumns(into: &names)
        return names
    }

    private func collectColumns(into names: inout [String]) {
        switch self {
        case .number: break
        case .column(let name): if !names.contains(name) { names.append(name) }
        case .negative(let operand), .call(_, let operand), .parentheses(let operand):
            operand.collectColumns(into: &names)
        case .binary(_, let left, let right):
            left.collectColumns(into: &names)
            right.collectColumns(into: &names)
        }
    }
}

/// The way a formula writes a column's name: in backticks unless it is a plain name.
package func formulaName(_ name: String) -> String {
    let bytes = Array(name.utf8)
    let isPlain =
        bytes.first.map { isNameStart($0) } == true && bytes.allSatisfy { isNameByte($0) } && name != "."
        && !(bytes[0] == UInt8(ascii: ".") && bytes.count > 1 && isDigit(bytes[1]))
    if isPlain { return name }
    var quoted = "`"
    for character in name.unicodeScalars {
        if character == "`" || character == "\\" { quoted += "\\" }
        quoted.unicodeScalars.append(character)
    }
    return quoted + "`"
}

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

func isNameStart(_ byte: UInt8) -> Bool {
    let lowered = byte | 0x20
    return lowered >= UInt8(ascii: "a") && lowered <= UInt8(ascii: "z") || byte == UInt8(ascii: ".") || byte >= 0x80
}

func isNameByte(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) || byte == UInt8(ascii: "_") }
