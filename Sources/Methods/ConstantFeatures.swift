import Compute

/// Features that are constant in a task beside its free intercept, or 0 throughout: what rounding leaves of their moments
/// is no curvature, and is taken for none.
struct ConstantFeatures {
    private let order: Int
    /// Of the features, in the units of the coefficients that are shrunk.
    private let shifts: [Double]
    private let isCentred: Bool
    /// As least squares calls a feature collinear, here with the intercept or with nothing.
    private static let tolerance = 4096 * Double.ulpOfOne

    init(_ shrunk: ShrunkCoefficients, scaling: ColumnScaling) {
        order = shrunk.order
        shifts = zip(shrunk.features, shrunk.units).map { scaling.shifts[$0] / $1 }
        isCentred = shrunk.free != nil
    }

    /// The values with zeros for such features.
    func cleared(_ values: QuadraticValues) -> QuadraticValues {
        let size = triangleCount(order + 1)
        var joint = values.joint
        for task in values.isIncluded.indices {
            let first = task * size
            for k in 0..<order {
                // Moments are formed about the shift.
                let mean = values.levels[task * (order + 1) + k] - shifts[k]
                let square = mean * mean + (isCentred ? 0 : shifts[k] * shifts[k])
                guard joint[first + triangleCount(k) + k] <= Self.tolerance * square else { continue }
                for other in 0...order {
                    joint[first + triangleCount(max(k, other)) + min(k, other)] = 0
                }
            }
        }
        return QuadraticValues(joint: joint, levels: values.levels, isIncluded: values.isIncluded)
    }
}
