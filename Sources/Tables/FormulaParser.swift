/// Reads a formula by recursive descent, with the precedence of R: `^`, then `:`, then `*`, then `+` and `-`.
struct FormulaParser {
    private let text: String
    private let tokens: [FormulaToken]
    private var next = 0
    private var depth = 0
    private(set) var hasIntercept = true
    /// The variables of the right side, in order of first appearance.
    private(set) var variables: [FormulaVariable] = []
    private var indices: [FormulaVariable: Int] = [:]

    private static let depthLimit = 64
    private static let termLimit = 4096
    private static let powerLimit = 16
    /// Products of two terms of one formula: few of so many are needed for as many terms as there may be.
    private static let productLimit = 64 * termLimit
    private var productCount = 0
    /// Operators of one arithmetic expression: each is a step of recursion for whoever walks it.
    private static let operatorLimit = 1000
    private var operatorCount = 0

    init(_ text: String) throws(TableError) {
        self.text = text
        tokens = try FormulaLexer.tokens(of: text)
    }

    /// `response ~ terms`
    mutating func formula() throws(TableError) -> (response: FormulaExpression, terms: [FormulaTerm]) {
        let response = try sum()
        guard take("~") else {
            throw unexpected(wanted: "'~'", advice: "write RESPONSE ~ TERMS, as in 'score ~ ses + minority'")
        }
        let terms = try termSum(isOutermost: true)
        guard current.kind == .end else {
            throw unexpected(wanted: "'+', '-', ':', '*' or the end", advice: advice(after: current))
        }
        return (response, terms.terms)
    }

    // MARK: Terms

    private mutating func termSum(isOutermost: Bool) throws(TableError) -> FormulaTermSum {
        try enter()
        defer { depth -= 1 }
        var sum = FormulaTermSum()
        var isAdded = true
        if take("-") { isAdded = false } else { _ = take("+") }
        repeat {
            if case .number(let value) = current.kind {
                try constant(value, isAdded: isAdded, isOutermost: isOutermost)
            } else if isAdded {
                sum.add(try crossing())
            } else {
                sum.remove(try crossing())
            }
            if take("+") { isAdded = true } else if take("-") { isAdded = false } else { return sum }
        } while true
    }

    /// `1` and `0`, which say whether there is an intercept.
    private mutating func constant(_ value: Double, isAdded: Bool, isOutermost: Bool) throws(TableError) {
        let token = current
        guard value == 0 || value == 1 else {
            throw error(
                at: token, "found the number \(printable(token.spelling)) among the terms", Self.arithmeticAdvice)
        }
        next += 1
        guard isOutermost, current.kind != .sign(":"), current.kind != .sign("*"), current.kind != .sign("^") else {
            throw error(
                at: token, "found \(printable(token.spelling)) inside a term",
                "'+ 1', '- 1' and '+ 0' stand by themselves")
        }
        hasIntercept = (value == 1) == isAdded
    }

    private mutating func crossing() throws(TableError) -> FormulaTermSum {
        var left = try interaction()
        while current.kind == .sign("*") {
            let token = take()
            let right = try interaction()
            try limitProducts(left, right, at: token)
            left = left.crossed(right)
            try limit(left, at: token)
        }
        return left
    }

    private mutating func interaction() throws(TableError) -> FormulaTermSum {
        var left = try power()
        while current.kind == .sign(":") {
            let token = take()
            let right = try power()
            try limitProducts(left, right, at: token)
            left = left.interaction(right)
            try limit(left, at: token)
        }
        return left
    }

    private mutating func power() throws(TableError) -> FormulaTermSum {
        let isGroup = current.kind == .sign("(")
        let base = try factor()
        guard current.kind == .sign("^") else { return base }
        let sign = take()
        guard isGroup else {
            throw error(at: sign, "found '^' after a single term", "write a power of a column as I(x^2)")
        }
        guard case .number(let value) = current.kind, value >= 1, value <= Double(Self.powerLimit),
            value == value.rounded()
        else {
            throw unexpected(
                wanted: "a whole number from 1 to \(Self.powerLimit)", advice: "as in (a + b)^2 for all pairs")
        }
        next += 1
        var result = base
        for _ in 1..<Int(value) {
            try limitProducts(result, base, at: sign)
            result = result.crossed(base)
            try limit(result, at: sign)
        }
        return result
    }

    private mutating func factor() throws(TableError) -> FormulaTermSum {
        if take("(") {
            let inner = try termSum(isOutermost: false)
            try close()
            return inner
        }
        guard case .name(let name) = current.kind else {
            if case .number = current.kind {
                throw error(
                    at: current, "found the number \(printable(current.spelling)) inside a term", Self.arithmeticAdvice)
            }
            throw unexpected(wanted: "a column name", advice: advice(after: current))
        }
        let token = take()
        guard current.kind == .sign("("), !token.spelling.hasPrefix("`") else {
            if token.spelling == "." {
                throw error(at: token, "found '.', which does not stand for all columns here", "name the columns")
            }
            return variable(.column(name))
        }
        if name == "C" {
            next += 1
            guard case .name(let column) = current.kind else {
                throw unexpected(wanted: "a column name", advice: "C() takes one column, as in C(year)")
            }
            next += 1
            try close()
            return variable(.categories(column))
        }
        next -= 1
        operatorCount = 0
        return variable(.expression(try primary()))
    }

    private mutating func variable(_ kind: FormulaVariable.Kind) -> FormulaTermSum {
        let variable = FormulaVariable(kind: kind)
        let index = indices[variable] ?? variables.count
        if index == variables.count {
            variables.append(variable)
            indices[variable] = index
        }
        return FormulaTermSum([FormulaTerm([index])])
    }

    private func limit(_ sum: FormulaTermSum, at token: FormulaToken) throws(TableError) {
        guard sum.count <= Self.termLimit else {
            throw error(at: token, "more than \(Self.termLimit) terms", Self.interactionAdvice)
        }
    }

    /// Refuses products before they are formed. All of the formula's count, for they may be the same again and again.
    private mutating func limitProducts(
        _ left: FormulaTermSum, _ right: FormulaTermSum, at token: FormulaToken
    ) throws(TableError) {
        productCount += left.count * right.count
        guard productCount <= Self.productLimit else {
            throw error(at: token, "more than \(Self.productLimit) products of terms", Self.interactionAdvice)
        }
    }

    // MARK: Arithmetic

    private mutating func sum() throws(TableError) -> FormulaExpression {
        try enter()
        defer { depth -= 1 }
        var left = try product()
        while true {
            if take("+") {
                left = try binary(.add, left, try product())
            } else if take("-") {
                left = try binary(.subtract, left, try product())
            } else {
                return left
            }
        }
    }

    private mutating func product() throws(TableError) -> FormulaExpression {
        var left = try signed()
        while true {
            if take("*") {
                left = try binary(.multiply, left, try signed())
            } else if take("/") {
                left = try binary(.divide, left, try signed())
            } else {
                return left
            }
        }
    }

    private mutating func binary(
        _ sign: FormulaExpression.Operator, _ left: FormulaExpression, _ right: FormulaExpression
    ) throws(TableError) -> FormulaExpression {
        operatorCount += 1
        guard operatorCount <= Self.operatorLimit else {
            throw error(at: current, "more than \(Self.operatorLimit) operators", "make the sum a column of the table")
        }
        return .binary(sign, left, right)
    }

    private mutating func signed() throws(TableError) -> FormulaExpression {
        try enter()
        defer { depth -= 1 }
        if take("-") { return .negative(try signed()) }
        if take("+") { return try signed() }
        let base = try primary()
        return take("^") ? .binary(.power, base, try signed()) : base
    }

    private mutating func primary() throws(TableError) -> FormulaExpression {
        if take("(") {
            let inner = try sum()
            try close()
            return .parentheses(inner)
        }
        let token = current
        switch token.kind {
        case .number(let value):
            next += 1
            return .number(value, spelling: token.spelling)
        case .name(let name):
            next += 1
            guard current.kind == .sign("("), !token.spelling.hasPrefix("`") else { return .column(name) }
            guard let function = FormulaExpression.Function(rawValue: name) else {
                throw error(
                    at: token, "found the function \(printable(name))()", "those known are log, exp, sqrt, I and C")
            }
            next += 1
            let argument = try sum()
            try close()
            return .call(function, argument)
        default: throw unexpected(wanted: "a column name or a number", advice: "complete the expression")
        }
    }

    // MARK: Tokens

    private static let interactionAdvice = "name the interactions you need with ':'"
    private static let arithmeticAdvice = "arithmetic stands inside I(), as in I(2 * x)"

    private var current: FormulaToken { tokens[next] }

    private mutating func take() -> FormulaToken {
        defer { next += 1 }
        return tokens[next]
    }

    private mutating func take(_ sign: Character) -> Bool {
        guard current.kind == .sign(sign) else { return false }
        next += 1
        return true
    }

    private mutating func close() throws(TableError) {
        guard !take(")") else { return }
        throw unexpected(wanted: "')'", advice: "close the parenthesis")
    }

    private mutating func enter() throws(TableError) {
        depth += 1
        guard depth <= Self.depthLimit else {
            throw error(at: current, "more than \(Self.depthLimit) levels of nesting", "write it more simply")
        }
    }

    private func advice(after token: FormulaToken) -> String {
        switch token.kind {
        case .sign("/"), .sign("^"), .number: Self.arithmeticAdvice
        case .sign("~"): "write one '~' only"
        case .sign(")"): "remove it or open the parenthesis"
        case .name: "put '+' between terms, and names with spaces in backticks"
        default: "complete the formula, as in 'score ~ ses + minority'"
        }
    }

    private func unexpected(wanted: String, advice: String) -> TableError {
        let found = current.kind == .end ? "found the end" : "found '\(printable(current.spelling))'"
        return error(at: current, "\(found) where \(wanted) was expected", advice)
    }

    private func error(at token: FormulaToken, _ found: String, _ advice: String) -> TableError {
        formulaError(text, at: token.offset, found, advice)
    }
}
