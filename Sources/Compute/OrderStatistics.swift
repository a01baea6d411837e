/// A value and its weight, in the units of ``FixedPointWeights``.
package struct WeightedValue: Sendable {
    package var value: Double
    package var weight: UInt64

    @inline(__always)
    package init(value: Double, weight: UInt64) {
        self.value = value
        self.weight = weight
    }
}

/// The value at which sorted values' weights first add up to a rank, and their sums up to it.
package struct OrderStatistic: Sendable {
    package let value: Double
    /// The weight of smaller values.
    package let below: UInt64
    /// The weight of smaller values and of those that are the same.
    package let through: UInt64
}

extension UnsafeMutableBufferPointer<WeightedValue> {
    /// The first value up to which weights add up to each of two ranks, the first no greater than the second.
    ///
    /// Preconditions: no value is NaN, and `1 <= low <= high <=` the sum of the weights. Reorders the values.
    func orderStatistics(low: UInt64, high: UInt64) -> (low: OrderStatistic, high: OrderStatistic) {
        var (first, end) = (startIndex, endIndex)
        let lowest = select(rank: low, below: 0, &first, &end)
        if high <= lowest.through { return (lowest, lowest) }
        first = end
        end = endIndex
        return (lowest, select(rank: high, below: lowest.through, &first, &end))
    }

    /// Quickselect: narrows `first ..< end` to the values that equal the one of this rank; those behind are larger.
    private func select(rank: UInt64, below: UInt64, _ first: inout Int, _ end: inout Int) -> OrderStatistic {
        var below = below
        while true {
            let pivot = pivot(first, end)
            // Smaller ones to the front, then those that equal the pivot.
            var (smaller, smallerWeight) = (first, UInt64(0))
            for index in first..<end {
                let element = self[index]
                self[index] = self[smaller]
                self[smaller] = element
                let isSmaller = element.value < pivot
                smaller &+= isSmaller ? 1 : 0
                smallerWeight &+= isSmaller ? element.weight : 0
            }
            if rank <= below + smallerWeight {
                end = smaller
                continue
            }
            var (same, sameWeight) = (smaller, UInt64(0))
            for index in smaller..<end {
                let element = self[index]
                self[index] = self[same]
                self[same] = element
                let isSame = element.value == pivot
                same &+= isSame ? 1 : 0
                sameWeight &+= isSame ? element.weight : 0
            }
            below += smallerWeight
            if rank <= below + sameWeight {
                (first, end) = (smaller, same)
                return OrderStatistic(value: pivot, below: below, through: below + sameWeight)
            }
            below += sameWeight
            first = same
        }
    }

    /// The median of nine values at equal distances, or of fewer where there are fewer.
    private func pivot(_ first: Int, _ end: Int) -> Double {
        let count = end - first
        func value(_ ninth: Int) -> Double { self[first + (2 * ninth + 1) * count / 18].value }
        return middle(
            middle(value(0), value(1), value(2)), middle(value(3), value(4), value(5)),
            middle(value(6), value(7), value(8)))
    }
}

/// The second largest of three.
private func middle(_ a: Double, _ b: Double, _ c: Double) -> Double { max(min(a, b), min(max(a, b), c)) }
