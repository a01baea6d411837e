import Compute

extension TaskLosses {
    /// A centre with the free coefficients that fit its tasks' rows best together, given its slopes: by Newton's method.
    ///
    /// - Parameters:
    ///   - center: all its coefficients on the user's scale, where the search begins.
    ///   - tasks: those that it is of.
    ///   - weights: of every task.
    func fittingLevels(of center: [Double], _ tasks: [Int], _ weights: [Double]) throws(ComputeError) -> [Double] {
        guard let free = shrunk.free, center.allSatisfy(\.isFinite) else { return center }
        var members = weights.map { _ in 0.0 }
        for task in tasks { members[task] = weights[task] }
        let places = (0..<shrunk.columnCount).map { $0 * shrunk.featureCount + free }
        var center = center
        var sums = try PooledSums(self, at: center, weights: members)
        for _ in 0..<20 {
            let slopes = places.map { sums.gradient[$0] }
            if slopes.allSatisfy({ abs($0) <= 1e-12 }) { break }
            let step = semidefiniteSolution(sums.curvature(of: places), slopes.map { -$0 }, tolerance: 1e-12)
            guard let next = try lowered(from: (center, sums), along: step, at: places, weights: members) else { break }
            (center, sums) = next
        }
        return center
    }

    /// The first of halved steps that lowers the sum; nil where none does, so that rounding decides.
    private func lowered(
        from start: (center: [Double], sums: PooledSums), along step: [Double], at places: [Int], weights: [Double]
    ) throws(ComputeError) -> (center: [Double], sums: PooledSums)? {
        var length = 1.0
        while length > 1e-3 {
            var center = start.center
            for (place, move) in zip(places, step) { center[place] += length * move }
            let sums = try PooledSums(self, at: center, weights: weights)
            if sums.value < start.sums.value { return (center, sums) }
            length /= 4
        }
        return nil
    }
}
