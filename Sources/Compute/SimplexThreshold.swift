/// How an entry's values are projected onto a simplex: `max((v - shift) - threshold, 0)`.
package struct SimplexThreshold: Sendable {
    /// The largest value, which is subtracted first: a common offset then costs no digits.
    package let shift: Double
    package let threshold: Double
}

extension TaskColumns {
    /// The threshold `t` of each entry's values `x = v - shift` at which `sum over tasks of max(x - t, 0) = radius`.
    ///
    /// Michelot's algorithm: `t` is first what the values above the previous threshold alone would need. It begins below
    /// the solution, at `-radius`, and rises; when no value drops out it is the solution. Each step is one pass; the
    /// number of steps is finite, and small unless the values are spread over many orders of magnitude.
    package func simplexThresholds<Scalar: LaneScalar>(radius: Scalar) throws(ComputeError) -> [SimplexThreshold] {
        precondition(radius > 0 && radius.isFinite, "the radius of a simplex is positive")
        let shifts = try maxima().map { $0.isFinite ? $0 : .nan }
        var thresholds = Array(repeating: -Double(radius), count: entryCount)
        var counts = Array(repeating: Double.infinity, count: entryCount)
        while true {
            let above = try sums(
                inside: zip(shifts, thresholds).map { ShiftedInterval(shift: $0, lower: $1, upper: .infinity) })
            var isSolved = true
            for entry in thresholds.indices where above[entry].count < counts[entry] && above[entry].count > 0 {
                isSolved = false
                counts[entry] = above[entry].count
                let needed = Scalar((above[entry].sum - Double(radius)) / above[entry].count)
                thresholds[entry] = max(thresholds[entry], Double(needed))
            }
            if isSolved { break }
        }
        return zip(shifts, thresholds).map { SimplexThreshold(shift: $0, threshold: $1) }
    }
}
