/// A model formula: a response and the terms that explain it, in the notation of R.
///
/// `score ~ ses * minority + log(size) - 1`: `+` adds a term and `-` removes one, `a:b` is an interaction, `a*b` is
/// `a + b + a:b`, `(a + b)^2` has all pairs, `1` and `0` say whether there is an intercept. `I(x^2)` and `log()`,
/// `exp()`, `sqrt()` hold arithmetic, `C(x)` makes categories of a column, and backticks enclose any other name.
public struct Formula: Sendable {
    /// What a column that the formula reads must hold.
    public enum Content: Sendable, Equatable {
        /// Numbers: it is the response or stands in arithmetic.
        case numbers
        /// Labels, even where they look like numbers: it stands in `C()`.
        case labels
        /// Numbers if all its values are, else labels.
        case either
    }

    public struct Variable: Sendable, Hashable {
        public let name: String
        public let content: Content

        public init(name: String, content: Content) {
            self.name = name
            self.content = content
        }
    }

    /// The formula as it was written.
    public let text: String
    /// The response as results name it: `score`, `log(score)`.
    public let responseName: String
    /// The column that is the response, where it is one as it stands.
    public var responseColumn: String? {
        if case .column(let name) = response { name } else { nil }
    }
    /// Whether a constant term belongs to the model.
    public let hasIntercept: Bool
    /// The columns that the formula reads, the response's first. One that is read both as numbers and, in `C()`, as
    /// labels is named twice.
    public let variables: [Variable]
    /// The columns that the response is made of.
    public var responseColumns: [String] { response.columns }
    package let response: FormulaExpression
    package let features: [FormulaVariable]
    /// Without repetition, ordered by degree and then by appearance.
    package let terms: [FormulaTerm]

    /// - Throws: ``TableError`` of kind `usage`: the formula, what was found at which position, and what to do.
    public init(parsing text: String) throws(TableError) {
        var parser = try FormulaParser(text)
        let (response, terms) = try parser.formula()
        try self.init(
            text: text, response: response, features: parser.variables, terms: terms,
            hasIntercept: parser.hasIntercept)
    }

    /// The sum of these columns, with an intercept.
    ///
    /// - Throws: ``TableError`` of kind `usage` when there are no features, or one is named twice or is the response.
    public init(response: String, features: [String]) throws(TableError) {
        guard !features.isEmpty else {
            throw TableError(.usage, "no features for the response '\(printable(response))'; name at least one column")
        }
        var known: Set<String> = []
        for feature in features where !known.insert(feature).inserted {
            throw TableError(.usage, "the feature '\(printable(feature))' is named twice; name it once")
        }
        guard !response.isEmpty, !features.contains("") else {
            throw TableError(.usage, "a column's name is empty among the response and the features; name every column")
        }
        let text = formulaName(response) + " ~ " + features.map { formulaName($0) }.joined(separator: " + ")
        try self.init(
            text: text, response: .column(response), features: features.map { FormulaVariable(kind: .column($0)) },
            terms: features.indices.map { FormulaTerm([$0]) }, hasIntercept: true)
    }

    private init(
        text: String, response: FormulaExpression, features: [FormulaVariable], terms: [FormulaTerm],
        hasIntercept: Bool
    ) throws(TableError) {
        self.text = text
        self.response = response
        self.features = features
        self.hasIntercept = hasIntercept
        let responseName = response.text
        self.responseName = responseName
        self.terms =
            terms.enumerated().sorted { ($0.element.degree, $0.offset) < ($1.element.degree, $1.offset) }
            .map(\.element)
        let used = Set(self.terms.flatMap(\.variables)).sorted().map { features[$0] }
        if used.contains(where: { $0.text == responseName }) {
            throw TableError(
                .usage,
                "formula '\(printable(text))': the response \(printable(responseName)) is also a feature; "
                    + "remove it from one side"
            )
        }
        guard hasIntercept || !terms.isEmpty else {
            throw TableError(
                .usage, "formula '\(printable(text))' has no features; name a column or keep the intercept")
        }
        guard !response.columns.isEmpty else {
            throw TableError(
                .usage, "formula '\(printable(text))': the response names no column; put one before the '~'")
        }
        variables = Self.variables(of: response, features: used)
    }

    private static func variables(
        of response: FormulaExpression, features: [FormulaVariable]
    ) -> [Variable] {
        var variables: [Variable] = []
        var numbers: [String: Int] = [:]
        var labels: Set<String> = []
        func need(_ name: String, _ content: Content) {
            if content == .labels {
                if labels.insert(name).inserted { variables.append(Variable(name: name, content: .labels)) }
            } else if let known = numbers[name] {
                if content == .numbers { variables[known] = Variable(name: name, content: .numbers) }
            } else {
                numbers[name] = variables.count
                variables.append(Variable(name: name, content: content))
            }
        }
        for name in response.columns { need(name, .numbers) }
        for feature in features {
            switch feature.kind {
            case .column(let name): need(name, .either)
            case .categories(let name): need(name, .labels)
            case .expression(let expression): for name in expression.columns { need(name, .numbers) }
            }
        }
        return variables
    }

    /// The columns that predictions from a model need: those of the terms, as labels where the model has levels.
    ///
    /// - Parameter levels: the model's levels by variable, as ``Design/levels`` has them.
    public func predictors(levels: [String: [String]]) -> [Variable] {
        var predictors: [Variable] = []
        var known: Set<Variable> = []
        for index in Set(terms.flatMap(\.variables)).sorted() {
            let feature = features[index]
            let content: Content = levels[feature.text] == nil ? .numbers : .labels
            for name in feature.columns {
                let predictor = Variable(name: name, content: content)
                if known.insert(predictor).inserted { predictors.append(predictor) }
            }
        }
        return predictors
    }
}

extension FormulaVariable {
    /// The columns it reads.
    var columns: [String] {
        switch kind {
        case .column(let name), .categories(let name): [name]
        case .expression(let expression): expression.columns
        }
    }
}
