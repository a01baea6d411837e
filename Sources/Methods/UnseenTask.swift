public import Compute

/// A task that a fit has not seen, with rows of its own that say where it belongs.
public struct UnseenTask: Sendable {
    let responses: [Double]
    let loss: Loss

    /// - Parameters:
    ///   - responses: one a row; a row without one, which is NaN or none that the loss knows, says nothing.
    ///   - loss: of a row.
    public init(responses: [Double], loss: Loss = .squared) {
        self.responses = responses
        self.loss = loss
    }

    /// Where a task is in a subspace.
    public struct Combination: Sendable, Equatable {
        /// One for each of the loss's columns; 0 where there are none.
        public let intercepts: [Double]
        /// The coefficients of the vectors.
        public let loadings: [Double]
    }

    /// The centre whose predictors of the rows have the least loss, the first of several; nil without a row that all
    /// centres predict.
    ///
    /// - Parameter predictors: of each centre, one a row and column of the loss.
    public func nearestCenter(predictors: [[Double]]) -> Int? {
        let rows = completeRows(predictors)
        guard !rows.isEmpty else { return nil }
        let losses = predictors.map { own in
            rows.reduce(0.0) { $0 + loss.value(of: responses[$1], at: own, from: $1 * loss.columnCount) }
        }
        return losses.indices.min { losses[$0] < losses[$1] }
    }

    /// The combination of vectors, and of intercepts, that has the least loss on the rows. Nil unless there are more rows than
    /// coefficients, the rows tell the vectors apart, and the least loss is at finite coefficients.
    ///
    /// - Parameter predictors: of each vector, one a row and column of the loss.
    public func combination(of predictors: [[Double]], hasIntercept: Bool) -> Combination? {
        let rows = completeRows(predictors)
        return loss == .squared
            ? leastSquares(predictors, rows, hasIntercept: hasIntercept)
            : LoadingsFit(self, predictors, rows, hasIntercept: hasIntercept).combination
    }

    private func leastSquares(_ columns: [[Double]], _ rows: [Int], hasIntercept: Bool) -> Combination? {
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
        return Combination(
            intercepts: [zip(means, loadings).reduce(means[count]) { $0 - $1.0 * $1.1 }], loadings: loadings)
    }

    /// What the columns before it must leave of a column's length: as `lm` of R has it.
    private static let lengthShare = 1e-7

    private func completeRows(_ predictors: [[Double]]) -> [Int] {
        let count = loss.columnCount
        return responses.indices.filter { row in
            loss.allows(responses[row])
                && predictors.allSatisfy { $0[row * count..<(row + 1) * count].allSatisfy(\.isFinite) }
        }
    }

    private static func squareSum(_ x: [Double]) -> Double { product(x, x) }

    private static func product(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
}
