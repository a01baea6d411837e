import Compute
import Tables
import Testing

@Suite("Design")
struct DesignTests {
    private static let table = DesignTable.random(sampleCounts: [5, 0, 40], seed: 1)

    @Test(
        "codes factors by R's rule of margins",
        arguments: [
            ("y ~ x + g", "(Intercept) x gq gr"),
            ("y ~ g - 1", "gp gq gr"),
            ("y ~ 0 + x + g", "x gp gq gr"),
            ("y ~ 0 + g + h", "gp gq gr hyes"),
            ("y ~ 0 + h + g", "hno hyes gq gr"),
            ("y ~ g*h", "(Intercept) gq gr hyes gq:hyes gr:hyes"),
            ("y ~ g:h", "(Intercept) gp:hno gq:hno gr:hno gp:hyes gq:hyes"),
            ("y ~ 0 + g:h", "gp:hno gq:hno gr:hno gp:hyes gq:hyes gr:hyes"),
            ("y ~ h + g:h", "(Intercept) hyes hno:gq hyes:gq hno:gr hyes:gr"),
            ("y ~ g + g:h", "(Intercept) gq gr gp:hyes gq:hyes gr:hyes"),
            ("y ~ 0 + g + g:h", "gp gq gr gp:hyes gq:hyes gr:hyes"),
            ("y ~ 0 + g*h", "gp gq gr hyes gq:hyes gr:hyes"),
            ("y ~ x:g", "(Intercept) x:gp x:gq x:gr"),
            ("y ~ x*g", "(Intercept) x gq gr x:gq x:gr"),
            ("y ~ g + x:g", "(Intercept) gq gr gp:x gq:x gr:x"),
            ("y ~ g:x - 1", "gp:x gq:x gr:x"),
            ("y ~ 0 + x + x:g", "x x:gq x:gr"),
            ("y ~ x:g + x:h", "(Intercept) x:gp x:gq x:gr x:hyes"),
            ("y ~ x*z*h", "(Intercept) x z hyes x:z x:hyes z:hyes x:z:hyes"),
            (
                "y ~ h:log(x):g",
                "(Intercept) hno:log(x):gp hyes:log(x):gp hno:log(x):gq hyes:log(x):gq"
                    + " hno:log(x):gr hyes:log(x):gr"
            ),
            ("y ~ C(h) + I(x^2)", "(Intercept) C(h)yes I(x^2)"),
            ("log(y) ~ 1", "(Intercept)"),
        ])
    func coding(text: String, names: String) throws {
        let design = try Design(formula: Formula(parsing: text), store: Self.table.store, weights: nil)
        #expect(design.termNames.joined(separator: " ") == names)
        #expect(design.featureCount == design.termNames.count)
        #expect(design.intercept == (names.hasPrefix("(Intercept)") ? 0 : nil))
    }

    @Test(
        "has full rank, and the span of full dummies",
        arguments: [
            "g:h", "0 + g:h", "g + g:h:k", "h + k + g:h:k", "g + h + k + g:h:k", "g*h + k + g:h:k", "g*h + g:h:k",
            "g:h + g:k + g:h:k", "g:h:k", "k:g + h:k", "0 + g + h:k", "g:x:h", "x + g:x:h", "x + x:g + g:x:h", "g*h*k",
        ])
    func rank(terms: String) throws {
        let cells = (0..<12).flatMap { Array(repeating: $0, count: 3) }
        let table = DesignTable(sampleCounts: [cells.count])
            .with("g", levels: ["p", "q", "r"], codes: cells.map { $0 % 3 })
            .with("h", levels: ["no", "yes"], codes: cells.map { $0 / 3 % 2 })
            .with("k", levels: ["u", "v"], codes: cells.map { $0 / 6 })
            .with("x", cells.indices.map { Double($0 % 3 + 1) }).with("y", cells.map(Double.init))
        let formula = try Formula(parsing: "y ~ \(terms)")
        let design = try Design(formula: formula, store: table.store, weights: nil)
        let rows = try featureRows(design)
        #expect(matrixRank(rows) == design.featureCount)

        // Every product of indicators that the terms name, by a design of the one term without an intercept.
        var spanning = formula.hasIntercept ? rows.map { _ in [1.0] } : rows.map { _ in [] }
        for term in terms.replacing("0 + ", with: "").split(separator: " + ") {
            let product = term.replacing("*", with: ":")
            let single = try Design(formula: Formula(parsing: "y ~ 0 + \(product)"), store: table.store, weights: nil)
            for (row, values) in try featureRows(single).enumerated() { spanning[row] += values }
        }
        #expect(matrixRank(spanning) == design.featureCount)
        #expect(matrixRank(zip(rows, spanning).map { $0 + $1 }) == design.featureCount)
    }

    @Test("tells the levels of its factors by variable")
    func levels() throws {
        let design = try Design(formula: Formula(parsing: "y ~ x + C(g) + h:x"), store: Self.table.store, weights: nil)
        #expect(design.levels == ["C(g)": ["p", "q", "r"], "h": ["no", "yes"]])
    }

    @Test("reads a column that is held both as numbers and as labels either way")
    func heldTwice() throws {
        let table = DesignTable(sampleCounts: [3]).with("y", [1, 2, 3]).with(
            "t", levels: ["1", "5"], codes: [0, 1, 0]
        )
        .with("t", [1, 5, 1])
        let design = try Design(formula: Formula(parsing: "y ~ t + C(t)"), store: table.store, weights: nil)
        #expect(design.termNames == ["(Intercept)", "t", "C(t)5"])
        let rows = try featureRows(design)
        #expect(rows == [[1, 1, 0], [1, 5, 1], [1, 1, 0]])
    }

    @Test(
        "refuses data that cannot serve the formula, in one line",
        arguments: [
            ("y ~ nothere", "no column 'nothere'; the columns read are 'y', 'x'"),
            ("y ~ log(g)", "column 'g' holds labels, as 'p', but log(g) needs numbers"),
            ("g ~ x", "column 'g' holds labels, as 'p', but the response needs numbers"),
            ("y ~ C(x)", "column 'x' holds numbers where categories are needed"),
            ("y ~ C(nothere)", "no column 'nothere'"),
            ("y ~ one", "the factor 'one' has only one level, 'only', so it explains nothing"),
            ("y ~ x:many", "'many' has 5000 levels, which makes a term of more than 4096 columns"),
        ])
    func refusal(text: String, message: String) throws {
        let table = Self.table.with("one", levels: ["only"], codes: Array(repeating: 0, count: 45))
            .with("many", levels: (0..<5000).map { "level \($0)" }, codes: Array(0..<45))
        let error = try #require(throws: TableError.self) {
            try Design(formula: Formula(parsing: text), store: table.store, weights: nil)
        }
        #expect(error.kind == .data)
        #expect(error.description.hasPrefix(message), "\(error)")
    }

    @Test("counts the rows with a positive weight")
    func weightCounts() throws {
        let table = DesignTable(sampleCounts: [2, 0, 3]).with("y", [1, 2, 3, 4, 5]).with("w", [0, 2, 0, 0, 0])
        let design = try Design(formula: Formula(parsing: "y ~ 1"), store: table.store, weights: "w")
        #expect(design.positiveWeightCounts == [1, 0, 0])
        #expect(design.isWeighted)
        let plain = try Design(formula: Formula(parsing: "y ~ 1"), store: table.store, weights: nil)
        #expect(plain.positiveWeightCounts == nil)
        #expect(!plain.isWeighted)
    }

    @Test(
        "refuses weights that are no weights",
        arguments: [
            ([1, -0.5, 1], "weights 'w': found -0.5 in task 'task 0'; weights must be finite and at least 0"),
            ([1, 1, .infinity], "weights 'w': found inf in task 'task 1'"),
            ([.nan, 1, 1], "weights 'w': found nan in task 'task 0'"), ([0, -0.0, 0], "weights 'w' are all 0"),
        ] as [([Double], String)])
    func badWeights(weights: [Double], message: String) throws {
        let table = DesignTable(sampleCounts: [2, 1]).with("y", [1, 2, 3]).with("w", weights)
        let error = try #require(throws: TableError.self) {
            try Design(formula: Formula(parsing: "y ~ 1"), store: table.store, weights: "w")
        }
        #expect(error.kind == .data)
        #expect(error.description.hasPrefix(message), "\(error)")
    }
}

/// The number of independent columns, by elimination with the greatest pivots. The entries are small whole numbers.
private func matrixRank(_ matrix: [[Double]]) -> Int {
    var rows = matrix
    var rank = 0
    for column in matrix[0].indices {
        guard let pivot = (rank..<rows.count).max(by: { abs(rows[$0][column]) < abs(rows[$1][column]) }),
            abs(rows[pivot][column]) > 1e-9
        else { continue }
        rows.swapAt(rank, pivot)
        for row in rows.indices.dropFirst(rank + 1) {
            let factor = rows[row][column] / rows[rank][column]
            for place in rows[row].indices { rows[row][place] -= factor * rows[rank][place] }
        }
        rank += 1
    }
    return rank
}

/// The rows of a design as predictions read them.
func featureRows(_ design: Design) throws -> [[Double]] {
    var rows = Array(repeating: [Double](), count: design.layout.rowCount)
    try design.forEachRowBlock(parallel: Parallel(threadCount: 1)) { range, values in
        for row in range {
            let start = (row - range.lowerBound) * design.featureCount
            rows[row] = (0..<design.featureCount).map { values[start + $0] }
        }
    }
    return rows
}
