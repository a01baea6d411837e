/// One variable of a formula's right side.
package struct FormulaVariable: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A column by its name: numbers, or categories if it holds labels.
        case column(String)
        /// `C(x)`: a column whose values are categories whatever they look like.
        case categories(String)
        case expression(FormulaExpression)
    }

    package let kind: Kind

    /// Its name in terms, as R spells it.
    package var text: String {
        switch kind {
        case .column(let name): formulaName(name)
        case .categories(let name): "C(\(formulaName(name)))"
        case .expression(let expression): expression.text
        }
    }
}

/// A product of variables: one for a main effect, more for an interaction.
package struct FormulaTerm: Sendable, Hashable {
    /// Indices of variables, ascending: variables are numbered as they appear.
    package let variables: [Int]

    package init(_ variables: some Sequence<Int>) { self.variables = Set(variables).sorted() }

    package var degree: Int { variables.count }

    func times(_ other: FormulaTerm) -> FormulaTerm { FormulaTerm(variables + other.variables) }
}

/// Terms without repetition, in order of first appearance.
struct FormulaTermSum {
    /// Nil where a term has been removed.
    private var slots: [FormulaTerm?] = []
    /// The slot of each term.
    private var places: [FormulaTerm: Int] = [:]

    init(_ terms: [FormulaTerm] = []) { for term in terms { insert(term) } }

    var terms: [FormulaTerm] { slots.compactMap { $0 } }
    var count: Int { places.count }

    mutating func insert(_ term: FormulaTerm) {
        guard places[term] == nil else { return }
        places[term] = slots.count
        slots.append(term)
    }

    mutating func add(_ other: FormulaTermSum) { for term in other.terms { insert(term) } }

    mutating func remove(_ other: FormulaTermSum) {
        for term in other.terms {
            if let place = places.removeValue(forKey: term) { slots[place] = nil }
        }
    }

    /// All products of a term of each.
    func interaction(_ other: FormulaTermSum) -> FormulaTermSum {
        var products = FormulaTermSum()
        let others = other.terms
        for left in terms { for right in others { products.insert(left.times(right)) } }
        return products
    }

    /// Main effects and interactions: `a*b` is `a + b + a:b`.
    func crossed(_ other: FormulaTermSum) -> FormulaTermSum {
        var result = self
        result.add(other)
        result.add(interaction(other))
        return result
    }
}
