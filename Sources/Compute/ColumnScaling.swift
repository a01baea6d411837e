/// One shift and scale a column of the rows, for the whole problem: moments are formed on `(z - shift) / scale`.
///
/// Any shift near a column's mean and any scale near its spread will do; they keep float moments from losing most of
/// their digits and are undone exactly in the coefficients. With no intercept in the model the shifts must be 0.
public struct ColumnScaling: Sendable, Equatable {
    /// One shift a feature, then the response's.
    public let shifts: [Double]
    /// One positive scale a feature, then the response's.
    public let scales: [Double]
    /// The feature that is 1 in every row, if the model has one. Its shift is 0 and its scale 1.
    public let intercept: Int?

    /// Precondition: as many scales as shifts, all scales positive, no shifts without an intercept.
    public init(shifts: [Double], scales: [Double], intercept: Int?) {
        precondition(shifts.count == scales.count, "one shift and one scale a column")
        precondition(scales.allSatisfy { $0 > 0 }, "scales are positive")
        precondition(intercept != nil || shifts.allSatisfy { $0 == 0 }, "shifts need an intercept to be undone")
        self.shifts = shifts
        self.scales = scales
        self.intercept = intercept
    }

    /// Leaves every column as it is.
    public static func identity(featureCount: Int, intercept: Int? = nil) -> ColumnScaling {
        ColumnScaling(
            shifts: Array(repeating: 0, count: featureCount + 1), scales: Array(repeating: 1, count: featureCount + 1),
            intercept: intercept)
    }

    public var featureCount: Int { shifts.count - 1 }

    /// Whether every column is left as it is.
    private var leavesAll: Bool { shifts.allSatisfy { $0 == 0 } && scales.allSatisfy { $0 == 1 } }

    /// The matrix `C` (row-major) with which differences of coefficients on scaled columns become differences on the
    /// user's.
    public var contrasts: [Double] {
        let count = featureCount
        let responseScale = scales[count]
        var matrix = Array(repeating: 0.0, count: count * count)
        for feature in 0..<count {
            matrix[feature * count + feature] = responseScale / scales[feature]
            if let intercept, feature != intercept {
                matrix[intercept * count + feature] = -responseScale * shifts[feature] / scales[feature]
            }
        }
        return matrix
    }

    /// Coefficients of one or more tasks, `taskCount x featureCount`, on the user's scale.
    ///
    /// From `(y - m) / s = sum of g_k (x_k - m_k) / s_k`: `b_k = g_k s / s_k`, and the intercept takes up
    /// `m - sum of b_k m_k`.
    public func unscaled(_ coefficients: [Double]) -> [Double] {
        if leavesAll { return coefficients }
        return converted(coefficients, factors: scales.dropLast().map { scales[featureCount] / $0 }) { result, start in
            guard let intercept else { return }
            var level = result[start + intercept] + shifts[featureCount]
            for feature in 0..<featureCount where feature != intercept {
                level -= result[start + feature] * shifts[feature]
            }
            result[start + intercept] = level
        }
    }

    /// The coefficients on scaled columns of coefficients on the user's scale: undoes `unscaled`.
    public func scaled(_ coefficients: [Double]) -> [Double] {
        converted(coefficients, factors: scales.dropLast().map { $0 / scales[featureCount] }) { result, start in
            guard let intercept else { return }
            var level = coefficients[start + intercept] - shifts[featureCount]
            for feature in 0..<featureCount where feature != intercept {
                level += coefficients[start + feature] * shifts[feature]
            }
            result[start + intercept] = level / scales[featureCount]
        }
    }

    /// Each coefficient times its factor; then `setIntercept` is called with the place of each task's first.
    private func converted(
        _ coefficients: [Double], factors: [Double], setIntercept: (inout [Double], Int) -> Void
    ) -> [Double] {
        var result = coefficients.multiplied(by: factors)
        for start in stride(from: 0, to: coefficients.count, by: max(1, featureCount)) { setIntercept(&result, start) }
        return result
    }
}

extension [Double] {
    /// Values in rows as long as there are factors, each multiplied by the factor of its place in the row.
    package func multiplied(by factors: [Double]) -> [Double] {
        var result = self
        for start in stride(from: 0, to: count, by: Swift.max(1, factors.count)) {
            for place in factors.indices { result[start &+ place] *= factors[place] }
        }
        return result
    }
}
