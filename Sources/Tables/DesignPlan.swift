/// What a design's columns are made of: which columns of the store are read, and how features are formed of them.
struct DesignPlan: Sendable {
    /// A column of the store whose codes are a factor's levels.
    struct Factor: Sendable {
        /// Its name in terms: `gender`, `C(year)`.
        let variable: String
        let storeColumn: Int
        let levels: [String]
        /// For each of the store's codes, the level of `levels` it stands for, or nil where they are the same.
        let levelOfCode: [UInt32]?
        /// What stands for a label that is no level.
        static let unknown = UInt32.max
    }

    /// What a variable of the formula became.
    enum Variable: Sendable {
        /// Numbers: a place among the inputs and expression results.
        case numbers(Int)
        case factor(Int)
    }

    /// One column of the design: the product of numbers and of indicators of levels.
    struct Feature: Sendable {
        let name: String
        let numbers: [Int]
        let indicators: [Indicator]
    }

    struct Indicator: Sendable, Equatable {
        let factor: Int
        let level: UInt32
    }

    /// Store columns of numbers that are read, each once.
    private(set) var inputs: [Int] = []
    private(set) var expressions: [DesignExpression] = []
    private(set) var factors: [Factor] = []
    private(set) var features: [Feature] = []
    /// The place of the response among inputs and expression results, if it is one of numbers.
    private(set) var response: Int?
    /// How the response's values are coded.
    private(set) var responseCoding = ResponseCoding.numbers
    /// The names of the response's classes, where it has some.
    private(set) var classes: [String] = []

    private static let featureLimit = 4096

    /// - Parameters:
    ///   - levels: the levels of a model's factors by variable, or nil to take those of the store.
    ///   - kind: what the response is; nil where rows hold none.
    init(
        _ formula: Formula, store: ColumnStore, levels: [String: [String]]?, response kind: ResponseKind?
    ) throws(TableError) {
        let used = Set(formula.terms.flatMap(\.variables))
        // Places of expressions come after those of the inputs, whose number is known only at the end: until then
        // expressions count from -1 downwards.
        var variables: [Int: Variable] = [:]
        for index in used.sorted() {
            variables[index] = try variable(formula.features[index], store: store, levels: levels)
        }
        let labels = kind == nil || kind == .numbers ? nil : labelColumn(of: formula.response, store: store)
        if kind != nil, labels == nil {
            response = try numbers(formula.response, role: "the response", store: store)
        }
        let inputCount = inputs.count
        func place(_ provisional: Int) -> Int { provisional < 0 ? inputCount - 1 - provisional : provisional }
        response = response.map(place)
        if formula.hasIntercept { features.append(Feature(name: "(Intercept)", numbers: [], indicators: [])) }
        var coding = FactorCoding(hasIntercept: formula.hasIntercept)
        for term in formula.terms {
            let parts = term.variables.compactMap { index in
                variables[index].map { (index: index, name: formula.features[index].text, variable: $0) }
            }
            let factorVariables = parts.filter { if case .factor = $0.variable { true } else { false } }.map(\.index)
            let coded = coding.coding(
                numbers: Set(term.variables).subtracting(factorVariables), factors: factorVariables)
            var columns = [Feature(name: "", numbers: [], indicators: [])]
            for part in parts {
                columns = try multiplied(
                    columns, by: part.variable, named: part.name, isFull: coded.full.contains(part.index), store: store,
                    place: place)
            }
            features += columns.filter { column in
                !coded.aliases.contains { alias in
                    zip(factorVariables, column.indicators).allSatisfy { variable, indicator in
                        alias.contains(variable)
                            || Int(indicator.level) == factors[indicator.factor].levels.count - 1
                    }
                }
            }
        }
    }

    /// The same with a response coded as its kind asks.
    ///
    /// - Throws: ``TableError`` of kind `data` where the response is not of its kind.
    func coding(_ kind: ResponseKind, _ formula: Formula, store: ColumnStore) throws(TableError) -> DesignPlan {
        var plan = self
        let (name, expression) = (formula.responseName, formula.response)
        let found: DesignResponse
        if kind != .numbers, let labels = labelColumn(of: expression, store: store) {
            guard kind != .counts else {
                // Says that numbers are needed.
                _ = try plan.numbers(expression, role: "the response", store: store)
                return plan
            }
            found = try DesignResponse(labels: labels, kind, name: name, store: store)
        } else {
            if kind == .numbers { return plan }
            found = try DesignResponse(numbers: self, kind, name: name, store: store)
        }
        plan.responseCoding = found.coding
        plan.classes = found.classes
        return plan
    }

    /// The same with a response of labels coded as a model's classes. Labels are those of the classes, or numbers equal to
    /// theirs.
    func coding(classes: [String], _ formula: Formula, store: ColumnStore) -> DesignPlan {
        var plan = self
        plan.classes = classes
        guard let (column, labels) = labelColumn(of: formula.response, store: store) else {
            let numbers = classes.compactMap { Double($0) }
            let isAscending = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
            plan.responseCoding = .values(numbers.count == classes.count && isAscending ? numbers : [])
            return plan
        }
        var (byLabel, byNumber): ([LabelKey: Int], [Double: Int]) = ([:], [:])
        for (place, name) in classes.enumerated() {
            byLabel[LabelKey(name)] = place
            if let number = Double(name) { byNumber[number] = place }
        }
        plan.responseCoding = .classes(
            storeColumn: column,
            ofCode: (0..<labels.count).map { code in
                let place = byLabel[LabelKey(labels[code])] ?? Double(labels[code]).flatMap { byNumber[$0] }
                return place.map(Double.init) ?? .nan
            })
        return plan
    }

    /// Whether rows hold the response.
    var hasResponse: Bool {
        switch responseCoding {
        case .numbers, .signs, .values: response != nil
        case .labels, .classes: true
        }
    }

    private func labelColumn(
        of expression: FormulaExpression, store: ColumnStore
    ) -> (column: Int, labels: Labels)? {
        guard case .column(let name) = expression,
            let column = store.column(named: name, holdingNumbers: false),
            case .codes(let labels) = store.columns[column].kind
        else { return nil }
        return (column, labels)
    }

    /// Appends one part to each of a term's columns; the columns of earlier parts vary fastest.
    private func multiplied(
        _ columns: [Feature], by variable: Variable, named name: String, isFull: Bool, store: ColumnStore,
        place: (Int) -> Int
    ) throws(TableError) -> [Feature] {
        func joined(_ column: Feature, _ part: String) -> String {
            column.name.isEmpty ? part : "\(column.name):\(part)"
        }
        switch variable {
        case .numbers(let provisional):
            return columns.map {
                Feature(
                    name: joined($0, name), numbers: $0.numbers + [place(provisional)], indicators: $0.indicators)
            }
        case .factor(let factor):
            let levels = factors[factor].levels
            let coded = (isFull ? 0 : 1)..<levels.count
            guard features.count + columns.count * coded.count <= Self.featureLimit else {
                throw dataError(
                    store,
                    "'\(printable(name))' has \(levels.count) levels, which makes a term of more than "
                        + "\(Self.featureLimit) columns; is it a name or a number? remove it from the formula")
            }
            return coded.flatMap { level in
                columns.map {
                    Feature(
                        name: joined($0, name + levels[level]), numbers: $0.numbers,
                        indicators: $0.indicators + [Indicator(factor: factor, level: UInt32(level))])
                }
            }
        }
    }

    private mutating func variable(
        _ variable: FormulaVariable, store: ColumnStore, levels: [String: [String]]?
    ) throws(TableError) -> Variable {
        switch variable.kind {
        case .expression(let expression):
            return .numbers(try numbers(expression, role: variable.text, store: store))
        case .column(let name):
            let isNumbers = levels.map { $0[variable.text] == nil }
            if isNumbers ?? (store.column(named: name, holdingNumbers: true) != nil) {
                return .numbers(input(try numberColumn(name, role: "this model", store: store)))
            }
            return .factor(try factor(name, store: store, levels: levels?[variable.text], variable: variable.text))
        case .categories(let name):
            guard levels == nil || levels?[variable.text] != nil else {
                throw dataError(
                    store, "the model has no levels for '\(printable(variable.text))'; fit the model again")
            }
            return .factor(try factor(name, store: store, levels: levels?[variable.text], variable: variable.text))
        }
    }

    private mutating func factor(
        _ name: String, store: ColumnStore, levels: [String]?, variable: String
    ) throws(TableError) -> Int {
        guard let column = store.column(named: name, holdingNumbers: false),
            case .codes(let labels) = store.columns[column].kind
        else {
            guard store.column(named: name) != nil else { throw noColumn(name, store: store) }
            throw dataError(
                store, "column '\(printable(name))' holds numbers where categories are needed; read it as labels")
        }
        if let known = factors.firstIndex(where: { $0.variable == variable }) { return known }
        let own = (0..<labels.count).map { labels[$0] }
        let modelLevels = levels ?? own
        guard modelLevels.count > 1 else {
            let found = modelLevels.first.map { "only one level, '\(printable($0))'" } ?? "no level"
            throw dataError(
                store,
                "the factor '\(printable(name))' has \(found), so it explains nothing; remove it from the formula")
        }
        var levelOfCode: [UInt32]?
        if let levels, levels.map(LabelKey.init) != own.map(LabelKey.init) {
            var places: [LabelKey: UInt32] = [:]
            for (place, level) in levels.enumerated() { places[LabelKey(level)] = UInt32(place) }
            levelOfCode = own.map { places[LabelKey($0)] ?? Factor.unknown }
        }
        factors.append(Factor(variable: variable, storeColumn: column, levels: modelLevels, levelOfCode: levelOfCode))
        return factors.count - 1
    }

    /// Returns the place of an expression's values: an input, or provisionally a number below 0.
    private mutating func numbers(
        _ expression: FormulaExpression, role: String, store: ColumnStore
    ) throws(TableError) -> Int {
        if case .column(let name) = expression {
            return input(try numberColumn(name, role: role, store: store))
        }
        var places: [String: Int] = [:]
        for name in expression.columns {
            places[name] = input(try numberColumn(name, role: role, store: store))
        }
        let program = DesignExpression(expression) { places[$0] ?? 0 }
        expressions.append(program)
        return -expressions.count
    }

    private mutating func input(_ column: Int) -> Int {
        if let known = inputs.firstIndex(of: column) { return known }
        inputs.append(column)
        return inputs.count - 1
    }
}

/// The index of a column of numbers.
func numberColumn(_ name: String, role: String, store: ColumnStore) throws(TableError) -> Int {
    if let column = store.column(named: name, holdingNumbers: true) { return column }
    guard let column = store.column(named: name), case .codes(let labels) = store.columns[column].kind else {
        throw noColumn(name, store: store)
    }
    let example = labels.count > 0 ? ", as '\(printable(labels[0]))'" : ""
    throw dataError(
        store,
        "column '\(printable(name))' holds labels\(example), but \(printable(role)) needs numbers; "
            + "choose a column of numbers or name the marks of missing values")
}

private func noColumn(_ name: String, store: ColumnStore) -> TableError {
    let names = store.columns.prefix(20).map { "'\(printable($0.name))'" }.joined(separator: ", ")
    return dataError(store, "no column '\(printable(name))'; the columns read are \(names)")
}

/// Bad data, with the name of the file if the store has one.
func dataError(_ store: ColumnStore, _ message: String) -> TableError {
    store.sourceName.isEmpty ? TableError(.data, message) : .data(store.sourceName, message)
}
