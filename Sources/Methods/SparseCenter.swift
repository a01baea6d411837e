import Compute
import RealModule

/// A sparse centre of tasks that may have fewer rows than coefficients: Huang et al. (2024), Algorithm 3.
///
/// With `A_m = X_m'X_m / n_m`, `q_m = X_m'y_m / n_m`, and `b_1` the LASSO of the first task, the centre `b` and the tasks'
/// differences `d_m` from it, `d_1 = 0`, minimise
///
///     l ||b||_1 + sum over m > 1 of l_m ||d_m||_1
///
/// under `||d_m||_2 <= radius`, `||b - b_1||_1 <= 1 / l_1`, and in each coordinate
///
///     |A_m (b + d_m) - q_m| <= l_m for m > 1,    |sum over m of n_m (A_m (b + d_m) - q_m)| / N <= l.
///
/// As printed, gradients are not divided by rows, so that bounds do not match what errors do to them; here they are. The second
/// ball is as printed, and hardly ever reached.
///
/// Chambolle and Pock's method with the step sizes of Pock and Chambolle (2011), begun again at the mean of its points where that
/// is nearer to the end, with steps for unknowns and multipliers in the proportion of how far those have come: Applegate et al.
/// (2021), "Practical large-scale linear programming using primal-dual hybrid gradient". It ends with two certificates: by how much
/// constraints fail at most, over their bounds, and the duality gap.
package struct SparseCenter {
    package struct Task {
        /// `A_m`, full, row by row, each followed by zeros up to a whole number of SIMD vectors.
        let rows: [Double]
        let linear: [Double]
        /// `n_m`.
        let weight: Double
        /// `l_m`.
        let bound: Double

        /// - Parameter matrix: full, row by row.
        package init(matrix: [Double], linear: [Double], weight: Double, bound: Double) {
            let (order, stride) = (linear.count, SparsePoint.stride(of: linear.count))
            var rows = Array(repeating: 0.0, count: order * stride)
            for row in 0..<order {
                for column in 0..<order { rows[row * stride + column] = matrix[row * order + column] }
            }
            self.rows = rows
            self.linear = linear
            self.weight = weight
            self.bound = bound
        }
    }

    /// The first is the one that the LASSO has been fitted to.
    let tasks: [Task]
    /// `l`.
    let bound: Double
    /// `b_1`.
    let start: [Double]
    let radius: Double

    package init(tasks: [Task], bound: Double, start: [Double], radius: Double = .infinity) {
        precondition(!tasks.isEmpty && radius > 0, "a centre is of tasks")
        self.tasks = tasks
        self.bound = bound
        self.start = start
        self.radius = radius
    }

    var order: Int { start.count }

    package struct Solution {
        package let center: [Double]
        /// One vector a task, that of the first zero.
        package let differences: [[Double]]
        package let objective: Double
        /// The largest failure of a constraint over its bound.
        package let violation: Double
        /// The objective less a lower bound of it, over the objective.
        package let gap: Double
        package let iterationCount: Int
        package let hasConverged: Bool
    }

    /// How near a point is to the end.
    struct Certificates {
        var objective: Double
        var violation: Double
        var gap: Double

        /// How far they are from those of an optimum.
        var distance: Double { max(violation, abs(gap)) }
    }

    private static let mostIterations = 200_000
    private static let tolerance = 1e-5
    private static let checkInterval = 100

    /// - Parameter progress: asked before each step whether to go on.
    /// - Throws: ``ComputeError/interrupted`` when the run is to stop.
    package func solve(_ parallel: Parallel, progress: PassProgress? = nil) throws(ComputeError) -> Solution {
        let search = SparseCenterSearch(self, parallel)
        var point = SparsePoint(order: order, taskCount: tasks.count)
        point.setCenter(start)
        var (found, certificates, iterationCount) = (point, search.certificates(at: point), 0)
        // Where the search was begun again last, how far from its end that was, and how far the last look was.
        var (anchor, anchorDistance, lastDistance) = (point, certificates.distance, certificates.distance)
        var sum = SparsePoint(order: order, taskCount: tasks.count)
        var (count, weight) = (0, 1.0)
        while !hasConverged(certificates), iterationCount < Self.mostIterations {
            for _ in 0..<Self.checkInterval {
                try progress?.advance(rows: 0)
                search.step(&point, weight: weight)
                sum.add(point)
            }
            count += Self.checkInterval
            iterationCount += Self.checkInterval
            let mean = sum.scaled(by: 1 / Double(count))
            let ofMean = search.certificates(at: mean)
            (found, certificates) = (point, search.certificates(at: point))
            if ofMean.distance < certificates.distance { (found, certificates) = (mean, ofMean) }
            let isFarther = certificates.distance > lastDistance
            lastDistance = certificates.distance
            guard
                certificates.distance <= 0.2 * anchorDistance
                    || certificates.distance <= 0.8 * anchorDistance && isFarther || 3 * count >= iterationCount
            else { continue }
            let (primal, dual) = found.distances(to: anchor)
            if primal > 0, dual > 0 { weight = (weight * dual / primal).squareRoot() }
            (point, anchor, anchorDistance) = (found, found, certificates.distance)
            sum.clear()
            count = 0
        }
        return Solution(
            center: found.center, differences: tasks.indices.map { found.difference(of: $0) },
            objective: certificates.objective, violation: certificates.violation, gap: certificates.gap,
            iterationCount: iterationCount, hasConverged: hasConverged(certificates))
    }

    private func hasConverged(_ certificates: Certificates) -> Bool {
        certificates.violation <= Self.tolerance && abs(certificates.gap) <= Self.tolerance
    }
}
