import Compute
import Glibc
import Tables
import Testing

/// The plainest reading of `y ~ log(x) + g*z + h:I(x^2 - 1/z)`: one row's features and response.
private func definition(_ table: DesignTable, _ row: Int) -> [Double] {
    let x = table.column("x")[row]
    let z = table.column("z")[row]
    let g = table.column("g")[row]
    let h = table.column("h")[row]
    let gq: Double = g == 1 ? 1 : 0
    let gr: Double = g == 2 ? 1 : 0
    let square = x * x - 1 / z
    return [
        1, log(x), gq, gr, z, gq * z, gr * z, h == 0 ? square : 0, h == 1 ? square : 0, table.column("y")[row],
    ]
}

private func filled<Scalar: LaneScalar>(
    _ source: DesignSource<Scalar>, chunkRows: Int
) throws -> (values: [Scalar], weights: [Scalar]) {
    var values: [Scalar] = []
    var weights: [Scalar] = []
    let chunk = RowChunk<Scalar>(
        capacity: max(chunkRows, TaskLayout.rowsPerBlock), featureCount: source.featureCount,
        isWeighted: source.isWeighted)
    for range in source.layout.chunks(ofAtMost: chunkRows) {
        try chunk.fill(range, from: source)
        values += UnsafeBufferPointer(start: chunk.values, count: range.rowCount * chunk.width)
        if let pointer = chunk.weights { weights += UnsafeBufferPointer(start: pointer, count: range.rowCount) }
    }
    return (values, weights)
}

/// The power of two that brings the mean of the positive weights into [1, 2), found by trying.
private func weightScale(_ weights: [Double]) -> Double {
    let positive = weights.filter { $0 > 0 }
    let mean = positive.reduce(0, +) / Double(positive.count)
    var scale = 1.0
    while mean * scale < 1 { scale *= 2 }
    while mean * scale >= 2 { scale /= 2 }
    return scale
}

@Suite("DesignSource")
struct DesignSourceTests {
    static let shapes: [[Int]] = [[], [0], [1], [3, 0, 1], [512, 513, 511], [1023, 1, 1025, 17_000]]

    private func check<Scalar: LaneScalar>(_: Scalar.Type, sampleCounts: [Int], chunkRows: Int, threads: Int) throws {
        let table = DesignTable.random(sampleCounts: sampleCounts, seed: 7)
        let formula = try Formula(parsing: "y ~ log(x) + g*z + I(x^2 - 1/z):h")
        let design = try Design(formula: formula, store: table.store, weights: "w")
        #expect(
            design.termNames == [
                "(Intercept)", "log(x)", "gq", "gr", "z", "gq:z", "gr:z", "I(x^2 - 1/z):hno", "I(x^2 - 1/z):hyes",
            ])
        let scaling = try design.sampledScaling()
        let source = design.source(Scalar.self, scaling: scaling, parallel: Parallel(threadCount: threads))
        let (values, weights) = try filled(source, chunkRows: chunkRows)
        let width = source.featureCount + 1
        #expect(values.count == table.rowCount * width)
        let scale = weightScale(table.column("w"))
        #expect(weights == table.column("w").map { Scalar($0 * scale) })
        var differences = 0
        for row in 0..<table.rowCount {
            for (column, value) in definition(table, row).enumerated() {
                let expected = Scalar((value - scaling.shifts[column]) / scaling.scales[column])
                if values[row * width + column] != expected { differences += 1 }
            }
        }
        #expect(differences == 0)
    }

    @Test("writes what the formula says, in any chunks and on any threads", arguments: shapes, [512, 20_000])
    func rows(sampleCounts: [Int], chunkRows: Int) throws {
        guard sampleCounts.contains(where: { $0 > 0 }) else { return try empty(sampleCounts) }
        for threads in [1, 3] {
            try check(Double.self, sampleCounts: sampleCounts, chunkRows: chunkRows, threads: threads)
            try check(Float.self, sampleCounts: sampleCounts, chunkRows: chunkRows, threads: threads)
        }
    }

    @Test("gives weights the same scale, whatever scale they have")
    func weightScales() throws {
        let table = DesignTable.random(sampleCounts: [3, 0, 1500], seed: 9)
        func weights<Scalar: LaneScalar>(_: Scalar.Type, times factor: Double) throws -> [Scalar] {
            var table = table
            table.values[3] = table.column("w").map { $0 * factor }
            let design = try Design(formula: Formula(parsing: "y ~ 1"), store: table.store, weights: "w")
            let source = design.source(
                Scalar.self, scaling: .identity(featureCount: 1, intercept: 0), parallel: Parallel(threadCount: 2))
            return try filled(source, chunkRows: 2000).weights
        }
        let double = try weights(Double.self, times: 1)
        let float = try weights(Float.self, times: 1)
        let positive = double.filter { $0 > 0 }
        #expect((1..<2).contains(positive.reduce(0, +) / Double(positive.count)))
        for exponent in [-900, -80, 70, 1000] {
            let factor = Double(sign: .plus, exponent: exponent, significand: 1)
            #expect(try weights(Double.self, times: factor) == double)
            #expect(try weights(Float.self, times: factor) == float)
        }
    }

    private func empty(_ sampleCounts: [Int]) throws {
        let table = DesignTable.random(sampleCounts: sampleCounts, seed: 7)
        let design = try Design(formula: Formula(parsing: "y ~ x*g"), store: table.store, weights: nil)
        #expect(try design.sampledScaling() == .identity(featureCount: 6, intercept: 0))
        let source = design.source(
            Double.self, scaling: .identity(featureCount: 6, intercept: 0), parallel: Parallel(threadCount: 2))
        #expect(try filled(source, chunkRows: 10).values.isEmpty)
    }

    private static let expressionCases: [(String, @Sendable (Double, Double) -> Double)] = [
        ("I(-x^2)", { x, _ in -(x * x) }), ("I((-x)^2)", { x, _ in x * x }), ("I(2^-1 * x)", { x, _ in 0.5 * x }),
        ("I(x - z - 1)", { x, z in x - z - 1 }), ("I(x - (z - 1))", { x, z in x - (z - 1) }),
        ("I(x / z / 2 * x)", { x, z in x / z / 2 * x }), ("I(2^3^0.5)", { _, _ in pow(2, pow(3, 0.5)) }),
        ("I(x^1.5)", { x, _ in pow(x, 1.5) }), ("I(+x + .5e1)", { x, _ in x + 5 }),
        ("sqrt(exp(log(x) + log(z)) / (1 + I(x)))", { x, z in (exp(log(x) + log(z)) / (1 + x)).squareRoot() }),
        ("log(x - 100)", { x, _ in log(x - 100) }),
    ]

    @Test(
        "evaluates expressions like plain loops",
        arguments: expressionCases)
    func expressions(text: String, definition: @escaping @Sendable (Double, Double) -> Double) throws {
        let table = DesignTable.random(sampleCounts: [1500], seed: 3)
        let design = try Design(formula: Formula(parsing: "y ~ 0 + \(text)"), store: table.store, weights: nil)
        let rows = try featureRows(design)
        let expected = zip(table.column("x"), table.column("z")).map(definition)
        // NaN where the definition has NaN; `pow` and `log` are the same library's.
        #expect(zip(rows, expected).allSatisfy { $0[0] == $1 || $0[0].isNaN && $1.isNaN })
    }
}

@Suite("Sampled scaling")
struct DesignScalingTests {
    private func scaling(_ text: String, _ table: DesignTable) throws -> ColumnScaling {
        try Design(formula: Formula(parsing: text), store: table.store, weights: nil).sampledScaling()
    }

    @Test("is the mean and the standard deviation where all rows are sampled")
    func moments() throws {
        let table = DesignTable.random(sampleCounts: [700, 1, 8000], seed: 5)
        let found = try scaling("y ~ z", table)
        for (column, name) in [(1, "z"), (2, "y")] {
            let values = table.column(name)
            let mean = values.reduce(0, +) / Double(values.count)
            let spread = (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)).squareRoot()
            let tolerance = Double(values.count) * Double.ulpOfOne
            #expect(abs(found.shifts[column] - mean) <= tolerance * abs(mean))
            #expect(abs(found.scales[column] - spread) <= tolerance * (abs(mean) + spread))
        }
        #expect(found.shifts[0] == 0 && found.scales[0] == 1 && found.intercept == 0)
    }

    @Test("shifts nothing without an intercept, and scales by the root mean square")
    func withoutIntercept() throws {
        let table = DesignTable(sampleCounts: [4]).with("y", [3, 3, 3, 3]).with("x", [-1, 1, -7, 7])
        let found = try scaling("y ~ 0 + x", table)
        #expect(found.shifts == [0, 0])
        #expect(found.scales == [5, 3])
    }

    @Test("leaves out what is not finite and has scale 1 without spread")
    func exceptions() throws {
        let table = DesignTable(sampleCounts: [3, 2]).with("y", [1, .nan, 3, -.infinity, .infinity])
            .with("constant", [0.1, 0.1, 0.1, 0.1, 0.1]).with("nothing", Array(repeating: .nan, count: 5))
            .with("huge", [1e300, -1e300, 1e300, -1e300, 1e300])
        let found = try scaling("y ~ constant + nothing + huge", table)
        #expect(found.shifts[1] == 0.1 && found.scales[1] == 1)
        #expect(found.shifts[2] == 0 && found.scales[2] == 1)
        #expect(found.scales[3] == 1)
        #expect(found.shifts[4] == 2 && found.scales[4] == 1)
    }

    @Test("samples both ends of a long table")
    func sampling() throws {
        let count = 1_000_000
        var y = Array(repeating: 0.0, count: count)
        y[0] = 1
        y[count - 1] = -1
        let found = try scaling("y ~ 1", DesignTable(sampleCounts: [count]).with("y", y))
        #expect(abs(found.shifts[1]) <= Double.ulpOfOne)
        #expect(abs(found.scales[1] - (2.0 / 65_536).squareRoot()) <= 65_536 * Double.ulpOfOne * found.scales[1])
    }
}

@Suite("Design for predictions")
struct DesignPredictionTests {
    @Test("codes with the model's levels, whatever levels the new data have")
    func levels() throws {
        let formula = try Formula(parsing: "y ~ x + g")
        let levels = ["g": ["p", "q", "r"]]
        let table = DesignTable(sampleCounts: [2, 2]).with("x", [1, 2, 3, 4])
            .with("g", levels: ["new", "q", "r"], codes: [1, 0, 2, 1])
        let design = try Design(formula: formula, levels: levels, store: table.store)
        #expect(design.termNames == ["(Intercept)", "x", "gq", "gr"])
        #expect(design.unknownLevelRowCount == 1)
        let rows = try featureRows(design)
        #expect(rows[0] == [1, 1, 1, 0])
        #expect(rows[1][0...1] == [1, 2] && rows[1][2].isNaN && rows[1][3].isNaN)
        #expect(rows[2] == [1, 3, 0, 1])
        #expect(rows[3] == [1, 4, 1, 0])
        let predictions = try design.predictions(
            coefficients: [1, 10, 100, 1000, 0, 1, .nan, 0], parallel: Parallel(threadCount: 2))
        #expect(predictions[0] == 111)
        #expect(predictions[1...3].allSatisfy { $0.isNaN })
    }

    @Test("tells levels apart that only look the same")
    func normalForms() throws {
        let formula = try Formula(parsing: "y ~ 0 + g")
        let table = DesignTable(sampleCounts: [3]).with("g", levels: ["e\u{301}", "\u{E9}"], codes: [1, 0, 1])
        let design = try Design(
            formula: formula, levels: ["g": ["e\u{301}", "f", "\u{E9}"]], store: table.store)
        #expect(try featureRows(design) == [[0, 0, 1], [1, 0, 0], [0, 0, 1]])
        let swapped = try Design(formula: formula, levels: ["g": ["\u{E9}", "e\u{301}"]], store: table.store)
        #expect(try featureRows(swapped) == [[1, 0], [0, 1], [1, 0]])
    }

    @Test("takes one label alone in the new data, and codes as the fit's design did")
    func fewerLevels() throws {
        let formula = try Formula(parsing: "y ~ g*x")
        let table = DesignTable(sampleCounts: [1]).with("x", [2]).with("g", levels: ["r"], codes: [0])
        let design = try Design(formula: formula, levels: ["g": ["p", "q", "r"]], store: table.store)
        #expect(try featureRows(design) == [[1, 0, 1, 2, 0, 2]])
        #expect(design.unknownLevelRowCount == 0)
    }

    @Test("multiplies rows by their task's coefficients", arguments: DesignSourceTests.shapes)
    func products(sampleCounts: [Int]) throws {
        let table = DesignTable.random(sampleCounts: sampleCounts, seed: 11)
        let fitted = try Design(formula: Formula(parsing: "y ~ x*h"), store: table.store, weights: nil)
        let design = try Design(formula: fitted.formula, levels: fitted.levels, store: table.store)
        #expect(design.termNames == fitted.termNames)
        let coefficients = (0..<sampleCounts.count * 4).map { Double($0 % 13) - 6 }
        let found = try design.predictions(coefficients: coefficients, parallel: Parallel(threadCount: 3))
        var expected: [Double] = []
        for (task, count) in sampleCounts.enumerated() {
            for _ in 0..<count {
                let x = table.column("x")[expected.count]
                let h = table.column("h")[expected.count]
                let c = coefficients[task * 4..<task * 4 + 4].map { $0 }
                expected.append(c[0] + x * c[1] + h * c[2] + x * h * c[3])
            }
        }
        #expect(found == expected)
    }

    @Test("refuses labels where the model has numbers, and numbers where it has labels")
    func kinds() throws {
        let table = DesignTable(sampleCounts: [1]).with("x", [2]).with("g", levels: ["r"], codes: [0])
        let labels = try #require(throws: TableError.self) {
            try Design(formula: Formula(parsing: "y ~ g"), levels: [:], store: table.store)
        }
        #expect(labels.description.hasPrefix("column 'g' holds labels, as 'r', but this model needs numbers"))
        let numbers = try #require(throws: TableError.self) {
            try Design(formula: Formula(parsing: "y ~ x"), levels: ["x": ["a", "b"]], store: table.store)
        }
        #expect(numbers.description.hasPrefix("column 'x' holds numbers where categories are needed"))
        let unlisted = try #require(throws: TableError.self) {
            try Design(formula: Formula(parsing: "y ~ C(g)"), levels: ["g": ["r", "s"]], store: table.store)
        }
        #expect(unlisted.description.hasPrefix("the model has no levels for 'C(g)'"))
    }
}
