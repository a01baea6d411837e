/// A task that a fit has not seen, with rows of its own that say where it belongs.
public struct UnseenTask: Sendable {
    private let responses: [Double]

    /// - Parameter responses: one a row; a row without one, which is NaN, says nothing.
    public init(responses: [Double]) { self.responses = responses }

    /// The centre whose predictions of the rows have the least squared error, the first of several; nil without a row
    /// that all centres predict.
    ///
    /// - Parameter predictions: of each centre, one a row.
    public func nearestCenter(predictions: [[Double]]) -> Int? {
        let rows = completeRows(predictions)
        guard !rows.isEmpty else { return nil }
        let errors = predictions.map { own in
            rows.reduce(0.0) { $0 + (responses[$1] - own[$1]) * (responses[$1] - own[$1]) }
        }
        return errors.indices.min { errors[$0] < errors[$1] }
    }

    /// The combination of columns, and of an intercept, that is nearest to the responses: least squares. Nil unless there are
    /// more rows than coefficients, and no column is a combination of the others.
    ///
    /// - Parameter columns: each one value a row.
    /// - Returns: the intercept's coefficient, 0 where there is none, and those of the columns.
    public func combination(of columns: [[Double]], hasIntercept: Bool) -> (intercept: Double, loadings: [Double])? {
        let rows = completeRows(columns)
        guard rows.count > columns.count + (hasIntercept ? 1 : 0) else { return nil }
        var vectors = (columns + [responses]).map { column in rows.map { column[$0] } }
        let means = vectors.map { hasIntercept ? $0.reduce(0, +) / Double(rows.count) : 0 }
        for place in vectors.indices { for row in rows.indices { vectors[place][row] -= means[place] } }
        // Gram and Schmidt's method, the response last: R z = Q'y.
        let count = columns.count
        var triangular = Array(repeating: Array(repeating: 0.0, count: count + 1), count: count)
        for place in 0..<count {
            let whole = Self.squareSum(vectors[place])
            for _ in 0..<2 {
                for other in 0..<place {
                    let share = Self.product(vectors[other], vectors[place])
                    triangular[other][place] += share
                    for row in rows.indices { vectors[place][row] -= share * vectors[other][row] }
                }
            }
            let length = Self.squareSum(vectors[place]).squareRoot()
            guard length > Self.lengthShare * whole.squareRoot() else { return nil }
            triangular[place][place] = length
            for row in rows.indices { vectors[place][row] /= length }
            triangular[place][count] = Self.product(vectors[place], vectors[count])
            for row in rows.indices { vectors[count][row] -= triangular[place][count] * vectors[place][row] }
        }
        var loadings = Array(repeating: 0.0, count: count)
        for place in (0..<count).reversed() {
            let known = (place + 1..<count).reduce(0.0) { $0 + triangular[place][$1] * loadings[$1] }
            loadings[place] = (triangular[place][count] - known) / triangular[place][place]
        }
        return (zip(means, loadings).reduce(means[count]) { $0 - $1.0 * $1.1 }, loadings)
    }

    /// What the columns before it must leave of a column's length: as `lm` of R has it.
    private static let lengthShare = 1e-7

    private func completeRows(_ columns: [[Double]]) -> [Int] {
        responses.indices.filter { row in responses[row].isFinite && columns.allSatisfy { $0[row].isFinite } }
    }

    private static func squareSum(_ x: [Double]) -> Double { product(x, x) }

    private static func product(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
}
