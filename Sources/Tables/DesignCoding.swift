/// Decides which factors of a term get one column a level, and which one less: R's rule of margins.
///
/// A factor is coded by contrasts with its first level where the term without it is in the span of the terms before,
/// and by a full set of dummies where it is not. So the first factor of a model without an intercept is full, and `a`
/// in `b + a:b` is, but not in `a + b + a:b`.
struct FactorCoding {
    /// What the terms so far span: with these numbers, all margins of these factors.
    private var spanned: [(numbers: Set<Int>, factors: Set<Int>)]

    init(hasIntercept: Bool) { spanned = hasIntercept ? [([], [])] : [] }

    /// The factors of the next term that are coded in full. Terms must come in the order of their degree.
    mutating func fullDummies(numbers: Set<Int>, factors: [Int]) -> Set<Int> {
        let full = factors.filter { factor in
            let margin = Set(factors).subtracting([factor])
            return !spanned.contains { $0.numbers == numbers && $0.factors.isSuperset(of: margin) }
        }
        spanned.append((numbers, Set(factors)))
        return Set(full)
    }
}
