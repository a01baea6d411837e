import Tables
import Testing

/// The terms of a formula as text, `1` for the intercept.
private func terms(_ text: String) throws -> String {
    let formula = try Formula(parsing: text)
    let names = formula.terms.map { term in term.variables.map { formula.features[$0].text }.joined(separator: ":") }
    return ((formula.hasIntercept ? ["1"] : []) + names).joined(separator: " ")
}

@Suite("Formula")
struct FormulaTests {
    @Test(
        "expands as R expands it",
        arguments: [
            ("y ~ x", "1 x"), ("y~1", "1"), ("y ~ x - 1", "x"), ("y ~ 0 + x", "x"), ("y ~ -1 + x", "x"),
            ("y ~ x + 0 + 1", "1 x"), ("y ~ x - 0", "1 x"), ("y ~ a + b + a", "1 a b"), ("y ~ a*b", "1 a b a:b"),
            ("y ~ a:b + b + a", "1 b a a:b"), ("y ~ b:a + a:b", "1 b:a"), ("y ~ a + b + b:a", "1 a b a:b"),
            ("y ~ a*b - a:b", "1 a b"), ("y ~ (a + b + c)^2", "1 a b c a:b a:c b:c"),
            ("y ~ a*b*c - a:b:c", "1 a b c a:b a:c b:c"), ("y ~ (a + b)^3", "1 a b a:b"),
            ("y ~ (a + b):c", "1 a:c b:c"), ("y ~ a:a", "1 a"), ("y ~ a:b*c", "1 c a:b a:b:c"),
            ("y ~ x + I(x^2)", "1 x I(x^2)"), ("y ~ log( x+1 )*g", "1 log(x + 1) g log(x + 1):g"),
            ("y ~ I(a*b) + I(a / b)+I(-(a-2))", "1 I(a * b) I(a/b) I(-(a - 2))"),
            ("y ~ sqrt(exp(log(x)))", "1 sqrt(exp(log(x)))"), ("y ~ C( year ) + year", "1 C(year) year"),
            ("y ~ `a b` + `x` + log(`2nd`)", "1 `a b` x log(`2nd`)"), ("y ~ a.b + _c + d_1.2", "1 a.b `_c` d_1.2"),
            ("y ~ größe + x", "1 größe x"), ("y ~ I(x) + x", "1 I(x) x"), ("y ~ `a\\`b`", "1 `a\\`b`"),
            ("y ~ x - x", "1"), ("y ~ `log`", "1 log"), ("y ~ I(1e-3 * x)", "1 I(1e-3 * x)"),
            ("y ~ (a)", "1 a"), ("y ~ a - (a + b)", "1"), ("y ~ b + a + (a + b + c)^2 - b", "1 a c b:a a:c b:c"),
        ])
    func expansion(text: String, expected: String) throws {
        #expect(try terms(text) == expected)
    }

    @Test(
        "names its response as R does",
        arguments: [
            ("log( score )~x", "log(score)"), ("a/b ~ x", "a/b"), ("`the score` ~ x", "`the score`"),
            ("y-1 ~ x", "y - 1"),
        ])
    func response(text: String, expected: String) throws {
        #expect(try Formula(parsing: text).responseName == expected)
    }

    @Test("says of each column what it must hold")
    func variables() throws {
        let formula = try Formula(parsing: "log(y) ~ a + I(b/c) + C(d) + b + d:e + unused - unused")
        #expect(
            formula.variables == [
                .init(name: "y", content: .numbers), .init(name: "a", content: .either),
                .init(name: "b", content: .numbers), .init(name: "c", content: .numbers),
                .init(name: "d", content: .labels), .init(name: "d", content: .either),
                .init(name: "e", content: .either),
            ])
    }

    @Test("says what predictions need")
    func predictors() throws {
        let formula = try Formula(parsing: "y ~ a*g + C(year) + I(y^2)")
        #expect(
            formula.predictors(levels: ["g": ["u", "v"], "C(year)": ["1", "2"]]) == [
                .init(name: "a", content: .numbers), .init(name: "g", content: .labels),
                .init(name: "year", content: .labels), .init(name: "y", content: .numbers),
            ])
    }

    @Test("of a response and features is their sum, and its text parses to the same")
    func columns() throws {
        let formula = try Formula(response: "the score", features: ["x", "log(x)", "2nd", "a`b\\c", ".5", "."])
        #expect(formula.text == "`the score` ~ x + `log(x)` + `2nd` + `a\\`b\\\\c` + `.5` + `.`")
        let parsed = try Formula(parsing: formula.text)
        #expect(parsed.variables == formula.variables)
        #expect(parsed.terms == formula.terms)
        #expect(parsed.features == formula.features)
    }

    @Test(
        "refuses what it cannot read in one line with the place and the remedy",
        arguments: [
            ("", "position 1: found the end where a column name or a number was expected; complete the expression"),
            ("y", "position 2: found the end where '~' was expected; write RESPONSE ~ TERMS"),
            ("y ~", "position 4: found the end where a column name was expected; complete the formula"),
            ("y ~ x +", "position 8: found the end where a column name"),
            (
                "y ~ x z",
                "position 7: found 'z' where '+', '-', ':', '*' or the end was expected; put '+' between terms"
            ),
            ("y ~ x ~ z", "position 7: found '~' where '+', '-', ':', '*' or the end was expected; write one '~'"),
            ("y ~ x / 2", "position 7: found '/' where '+', '-', ':', '*' or the end was expected; arithmetic stands"),
            ("y ~ x^2", "position 6: found '^' after a single term; write a power of a column as I(x^2)"),
            ("y ~ 2 * x", "position 5: found the number 2 among the terms; arithmetic stands inside I()"),
            ("y ~ x * 2", "position 9: found the number 2 inside a term; arithmetic stands inside I()"),
            ("y ~ 1:x", "position 5: found 1 inside a term; '+ 1', '- 1' and '+ 0' stand by themselves"),
            ("y ~ (x + 1):z", "position 10: found 1 inside a term"),
            ("y ~ (a + b)^99", "position 13: found '99' where a whole number from 1 to 16 was expected"),
            ("y ~ abs(x)", "position 5: found the function abs(); those known are log, exp, sqrt, I and C"),
            ("y ~ log(x, 2)", "position 10: found ',' where ')' was expected; close the parenthesis"),
            ("y ~ I(x + )", "position 11: found ')' where a column name or a number was expected"),
            ("y ~ I(C(x))", "position 7: found the function C()"),
            ("y ~ C(x + 1)", "position 9: found '+' where ')' was expected"),
            ("y ~ C(1)", "position 7: found '1' where a column name was expected; C() takes one column"),
            ("y ~ .", "position 5: found '.', which does not stand for all columns here; name the columns"),
            ("y ~ x | g", "position 7: found '|', which formulas do not use; put a name with other characters"),
            ("y ~ 2x", "position 5: found '2x', which is no number; put a name that begins with a digit in backticks"),
            ("y ~ `x", "position 5: found a backtick that is never closed; close it after the name"),
            ("y ~ ``", "position 5: found nothing between two backticks; write a column's name there"),
            ("y ~ x)", "position 6: found ')' where '+', '-', ':', '*' or the end was expected; remove it or open"),
            ("größe ~ (x", "position 11: found the end where ')' was expected; close the parenthesis"),
            ("y ~ y + x", "the response y is also a feature; remove it from one side"),
            ("y ~ 0", "has no features; name a column or keep the intercept"),
            ("2 ~ x", "the response names no column; put one before the '~'"),
            ("y ~ \n +", "position 8: found the end"),
            ("y ~ (a+b+c+d+e+f+g+h+i+j+k+l+m+n)^9", "more than 4096 terms; name the interactions you need with ':'"),
        ])
    func refusal(text: String, message: String) throws {
        let error = try #require(throws: TableError.self) { try Formula(parsing: text) }
        #expect(error.kind == .usage)
        #expect(error.description.contains(message), "\(error)")
        #expect(error.description.hasPrefix("formula '"))
        #expect(!error.description.contains("\n"))
    }

    @Test(
        "writes out what a line cannot show",
        arguments: [
            ("y ~ \u{1}", "found '\\u{1}', which formulas do not use"),
            ("y ~ 1\u{2028}", "found '1\\u{2028}', which is no number"),
            ("y ~ f\u{85}(x)", "found the function f\\u{85}()"),
            ("`a\nb` ~ `a\nb`", "the response `a\\nb` is also a feature"),
            ("y ~ " + String(repeating: "0", count: 1000) + "2", "found the number 000"),
        ])
    func unprintable(text: String, message: String) throws {
        let error = try #require(throws: TableError.self) { try Formula(parsing: text) }
        #expect(error.description.contains(message), "\(error)")
        #expect(!error.description.contains { $0.isNewline || $0 == "\u{1}" })
        #expect(error.description.count < 600)
    }

    @Test(
        "refuses nesting without end",
        arguments: [
            String(repeating: "(", count: 100_000), "I(" + String(repeating: "-", count: 100_000) + "x)",
            "I(" + String(repeating: "(", count: 100_000),
        ])
    func nesting(start: String) throws {
        let error = try #require(throws: TableError.self) { try Formula(parsing: "y ~ " + start) }
        #expect(error.description.contains("levels of nesting"))
    }

    @Test("refuses arithmetic without end", arguments: ["+", "/"])
    func endlessArithmetic(sign: String) throws {
        let arithmetic = "log(x" + String(repeating: sign + "x", count: 500_000) + ")"
        for text in ["y ~ \(arithmetic)", "\(arithmetic) ~ x"] {
            let error = try #require(throws: TableError.self) { try Formula(parsing: text) }
            #expect(error.description.contains("more than 1000 operators"))
        }
    }

    @Test("refuses interactions without end before it forms them", .timeLimit(.minutes(15)))
    func endlessInteraction() throws {
        func group(_ letter: String) -> String { (0..<30_000).map { letter + String($0) }.joined(separator: " + ") }
        let error = try expectMinute {
            try #require(throws: TableError.self) { try Formula(parsing: "y ~ (\(group("a"))):(\(group("b")))") }
        }
        #expect(error.description.contains("more than 262144 products of terms"))
    }

    @Test(
        "refuses the same interactions again and again", .timeLimit(.minutes(15)),
        arguments: ["*a", ":a", "+a*b*c*d*e*f*g*h*i*j*k"])
    func repeatedInteraction(part: String) throws {
        let error = try expectMinute {
            try #require(throws: TableError.self) {
                try Formula(parsing: "y ~ (a*b*c*d*e*f*g*h*i*j*k)" + String(repeating: part, count: 30_000))
            }
        }
        #expect(error.description.contains("more than 262144 products of terms"))
    }

    @Test("takes as long as it is, however many columns it names and takes away", .timeLimit(.minutes(15)))
    func manyColumns() throws {
        let names = (0..<60_000).map { "x\($0)" }
        try expectMinute {
            let formula = try Formula(
                parsing: "y ~ z + " + names.joined(separator: " + ") + " - " + names.joined(separator: " - "))
            #expect(formula.terms.count == 1)
            #expect(try Formula(response: "y", features: names).predictors(levels: [:]).count == 60_000)
        }
    }

    @Test("counts the operators of each expression alone")
    func manyExpressions() throws {
        let squares = (0..<1500).map { "I(x\($0)^2 + 1)" }.joined(separator: " + ")
        #expect(try Formula(parsing: "y ~ " + squares).terms.count == 1500)
    }

    @Test("of columns refuses none, one twice, and the response among the features")
    func badColumns() throws {
        let none = try #require(throws: TableError.self) { try Formula(response: "y", features: []) }
        #expect(none.description == "no features for the response 'y'; name at least one column")
        let twice = try #require(throws: TableError.self) { try Formula(response: "y", features: ["x", "z", "x"]) }
        #expect(twice.description == "the feature 'x' is named twice; name it once")
        let both = try #require(throws: TableError.self) { try Formula(response: "y", features: ["x", "y"]) }
        #expect(both.description.contains("the response y is also a feature"))
        #expect(throws: TableError.self) { try Formula(response: "y", features: [""]) }
        for error in [none, twice, both] { #expect(error.kind == .usage) }
    }
}
