extension TaskColumns {
    /// The trimmed mean of each entry, as ``TaskStatistics/trimmedMean(of:weights:share:into:)`` defines it.
    package func trimmedMean(
        weights: [Double], share: Double, parallel: Parallel = Parallel()
    ) throws(ComputeError) -> [Double] {
        precondition(share >= 0 && share < 0.5, "less than half is trimmed on either side")
        guard let present = FixedPointWeights(countingPositive: weights) else {
            return Array(repeating: .nan, count: entryCount)
        }
        let count = present.total
        // The rounding of the share does not change how many tasks it is.
        let trimmed = UInt64(Double(count) * (share + Double.ulpOfOne))
        let search = QuantileSearch(weights: present, parallel: parallel)
        let (first, last) = (trimmed + 1, count - trimmed)
        let smallest = try search.orderStatistics(of: self, low: first, high: first)
        let largest = try search.orderStatistics(of: self, low: last, high: last)
        let between = try sums(
            inside: zip(smallest, largest).map { smallest, largest in
                ShiftedInterval(
                    shift: 0, lower: smallest?.low.value ?? .nan, upper: largest?.low.value ?? .nan)
            })
        return between.indices.map { entry in
            guard let smallest = smallest[entry]?.low, let largest = largest[entry]?.low else { return .nan }
            if smallest.value == largest.value { return smallest.value + 0 }
            let copiesOfSmallest = Double(smallest.through - trimmed)
            let copiesOfLargest = Double(count - trimmed - largest.below)
            let ends = copiesOfSmallest * smallest.value + copiesOfLargest * largest.value
            return (between[entry].sum + ends) / Double(count - 2 * trimmed)
        }
    }
}
