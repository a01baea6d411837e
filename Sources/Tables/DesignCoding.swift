/// Decides which factors of a term get one column a level, and which one less: R's rule of margins.
///
/// A factor is coded by contrasts with its first level where the term without it is in the span of the terms before,
/// and by a full set of dummies where it is not. So the first factor of a model without an intercept is full, and `a`
/// in `b + a:b` is, but not in `a + b + a:b`.
///
/// Full coding of several factors can span again what terms before span: `a:b` beside an intercept does. R drops the
/// last columns that the others make up; so do the aliases.
struct FactorCoding {
    /// What the terms so far span: with these numbers, all margins of these factors.
    private var spanned: [(numbers: Set<Int>, factors: Set<Int>)]

    init(hasIntercept: Bool) { spanned = hasIntercept ? [([], [])] : [] }

    /// How the next term is coded. Terms must come in the order of their degree.
    ///
    /// - Returns: the factors coded in full; and the aliases, sets of factors that are spanned already, so that columns
    ///   in which all of the term's other factors are at their last level add nothing.
    mutating func coding(numbers: Set<Int>, factors: [Int]) -> (full: Set<Int>, aliases: [Set<Int>]) {
        let known = spanned.filter { $0.numbers == numbers }.map(\.factors)
        let full = factors.filter { factor in
            let margin = Set(factors).subtracting([factor])
            return !known.contains { $0.isSuperset(of: margin) }
        }
        spanned.append((numbers, Set(factors)))
        let contrasts = Set(factors).subtracting(full)
        return (Set(full), known.filter { $0.isSuperset(of: contrasts) }.map { $0.intersection(factors) })
    }
}
