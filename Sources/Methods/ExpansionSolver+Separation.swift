import Compute

extension ExpansionSolver {
    /// Whether each task's loss has no least point, where nothing draws the task to a centre: the classes of its rows can be told
    /// apart along some direction, or the counts of all rows that it concerns are 0.
    ///
    /// Losses of such tasks fall for ever, ever less, and one more of Newton's steps still moves a coefficient of scaled columns
    /// by about 1; where a search has ended at a least point, no step is left.
    func areSeparated<Centers>(at place: ExpandedPlace<B, P, Centers>) throws(ComputeError) -> [Bool] {
        guard let found = place.found else { return place.isIncluded.map { _ in false } }
        let (quadratics, _, _) = try place.expanded.quadratics(
            dampings: place.dampings.map { _ in 0 }, isIncluded: place.isIncluded)
        let loss = armul.loss(of: quadratics, sharing: .all, strengths: [0], weightSums: weightSums)
        let next = loss.coefficients(
            try loss.solutions(at: found.centers).coefficients, around: found.centers)
        let moves = zip(losses.scaled(next), losses.scaled(place.expanded.coefficients)).map { abs($0 - $1) }
        let size = losses.shrunk.coefficientCount
        return place.isIncluded.enumerated().map { task, isIncluded in
            isIncluded && moves[task * size..<(task + 1) * size].contains { $0 > Self.leastMove }
        }
    }

    private static var leastMove: Double { 0.1 }
}
