/// Formulas that are damaged, or strange: case `number` is always the same.
struct MalformedFormula {
    private var malformer: Malformer

    static func bytes(_ number: Int, seed: UInt64) -> [UInt8] {
        let whole = Array("log(`a b` + 1)/2 ~ 0 + (u + v)^2 * C(größe) - u:v + I(-x^2 / 1e-3) + sqrt(exp(z))".utf8)
        // The first cases are one formula that ends too early, at every place.
        if number <= whole.count { return Array(whole.prefix(number)) }
        var formula = MalformedFormula(
            malformer: Malformer(
                seed: seed, number: number,
                tokens: [
                    "~", "+", "-", "*", ":", "^2", "^16", "^99", "(", ")", "`", "\\", "I(", "C(", "log(", "sin(", "1",
                    "0",
                    ".", ",", "/", " ", "😀", "a\u{301}",
                ]))
        var bytes = Array(formula.text().utf8)
        if !formula.malformer.isOnce(in: 3) { formula.malformer.damage(&bytes) }
        return bytes
    }

    private mutating func text() -> String {
        if malformer.isOnce(in: 20) { return endless() }
        return "\(malformer.isOnce(in: 3) ? arithmetic(depth: 3) : name()) ~ \(terms(depth: 3))"
    }

    /// What has no end in depth, in length or in what it expands to.
    private mutating func endless() -> String {
        let count = 1 << (4 + malformer.below(11))
        func many(_ part: String) -> String { String(repeating: part, count: count) }
        let letters = (0..<min(count, 2000)).map { "v\($0)" }.joined(separator: malformer.choice(["+", "*", ":", "-"]))
        return malformer.choice([
            "y ~ \(many("("))x\(many(")"))", "y ~ I(\(many("("))x\(many(")")))", "y ~ I(\(many("-"))x)",
            "\(many("log("))y\(many(")")) ~ x", "y ~ I(x\(many("^x")))", "y ~ I(x\(many("/x")))", "y ~ \(letters)",
            "y ~ (\(letters))^\(2 + malformer.below(15))", "y ~ (\(letters)):(\(letters))",
            "y ~ (\(letters))*(\(letters))",
            "y ~ \(many("x"))", "y ~ `\(many("x "))`", "y ~ \(many("1"))", "y ~ x\(many(" - x"))",
            "y ~ (a*b*c*d*e*f*g*h*i*j*k)\(many("*a"))", "y ~ C(a):C(b):C(c):C(d):C(e):C(f):C(g):C(h)\(many("+a"))",
        ])
    }

    private mutating func terms(depth: Int) -> String {
        (0...malformer.below(4)).map { _ in term(depth: depth) }.joined(
            separator: malformer.choice([" + ", " - ", "+"]))
    }

    private mutating func term(depth: Int) -> String {
        switch malformer.below(depth > 0 ? 9 : 3) {
        case 0, 1: name()
        case 2: malformer.choice(["0", "1", "."])
        case 3: "\(term(depth: depth - 1)):\(term(depth: depth - 1))"
        case 4: "\(term(depth: depth - 1))*\(term(depth: depth - 1))"
        case 5: "(\(terms(depth: depth - 1)))"
        case 6: "(\(terms(depth: depth - 1)))^\(malformer.below(5))"
        case 7: "C(\(name()))"
        default: "I(\(arithmetic(depth: depth)))"
        }
    }

    private mutating func arithmetic(depth: Int) -> String {
        switch malformer.below(depth > 0 ? 7 : 2) {
        case 0: name()
        case 1: malformer.choice(Malformer.extremes)
        case 2: "-\(arithmetic(depth: depth - 1))"
        case 3: "(\(arithmetic(depth: depth - 1)))"
        case 4: "\(malformer.choice(["log", "exp", "sqrt", "I", "sin"]))(\(arithmetic(depth: depth - 1)))"
        default:
            arithmetic(depth: depth - 1) + malformer.choice(["+", " - ", "*", "/", "^"]) + arithmetic(depth: depth - 1)
        }
    }

    private mutating func name() -> String {
        malformer.choice(["a", "b", "c", "x.1", "größe", "`two words`", "`q\\`q`", "_u", "log", "日本", "`\n`"])
    }
}
