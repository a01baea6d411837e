import Compute

/// Shrinks one column of one pack towards its centre, one task a lane.
struct PackShrink<Scalar: LaneScalar> {
    typealias Lanes = Scalar.Lanes

    let width: Int
    let vector: UnsafeMutablePointer<Lanes>
    let center: UnsafeMutablePointer<Lanes>
    let centerStep: Int
    let thresholds: UnsafeMutablePointer<Lanes>
    let thresholdStep: Int
    let weights: UnsafeMutablePointer<Lanes>
    let weightStep: Int

    @inline(__always)
    func soft(into result: UnsafeMutablePointer<Lanes>) {
        forEachCoordinate(into: result) { x, difference, threshold in
            // Neither larger, smaller nor near is not a number: the sum then is none either.
            let above = select(difference, >, threshold, x - threshold, else: difference + threshold)
            return select(difference, <, .zero - threshold, x + threshold, else: above)
        }
    }

    @inline(__always)
    func hard(into result: UnsafeMutablePointer<Lanes>) {
        forEachCoordinate(into: result) { x, difference, threshold in
            select(magnitude(difference), >, threshold, x, else: difference + threshold)
        }
    }

    /// Writes what `outside` makes of a coordinate farther from the centre than its threshold.
    @inline(__always)
    private func forEachCoordinate(
        into result: UnsafeMutablePointer<Lanes>, _ outside: (Lanes, Lanes, Lanes) -> Lanes
    ) {
        for index in 0..<width {
            let (x, c, weight) = (vector[index], center[index &* centerStep], weights[index &* weightStep])
            let difference = x - c
            let threshold = weight * thresholds[index &* thresholdStep]
            let value = within(magnitude(difference), threshold, c, else: outside(x, difference, threshold))
            result[index] = select(weight, ==, .zero, x, else: value)
        }
    }

    /// `x - (t / ||d||) d`, or the centre where the norm is at most `t`.
    @inline(__always)
    func block(into result: UnsafeMutablePointer<Lanes>) {
        let (threshold, norm) = (thresholds[0], norm())
        let ratio = .zero - threshold / norm
        for index in 0..<width {
            let (x, c) = (vector[index], center[index &* centerStep])
            let value = within(norm, threshold, c, else: multiplyAdd(ratio, difference(at: index), x))
            result[index] = select(weights[index &* weightStep], ==, .zero, x, else: value)
        }
    }

    /// `c + (t / ||d||) d`, or `x` where the norm is at most `t`.
    @inline(__always)
    func ball(into result: UnsafeMutablePointer<Lanes>) {
        let (threshold, norm) = (thresholds[0], norm())
        let ratio = threshold / norm
        for index in 0..<width {
            let (x, c) = (vector[index], center[index &* centerStep])
            let value = within(norm, threshold, x, else: multiplyAdd(ratio, difference(at: index), c))
            result[index] = select(weights[index &* weightStep], ==, .zero, x, else: value)
        }
    }

    /// `near` where the distance is at most the threshold, or that is infinite.
    @inline(__always)
    private func within(_ distance: Lanes, _ threshold: Lanes, _ near: Lanes, else far: Lanes) -> Lanes {
        let value = select(distance, <=, threshold, near, else: far)
        return select(threshold, ==, Lanes(repeating: .infinity), near, else: value)
    }

    /// The norm of the differences that are covered, scaled by the largest of them: no square overflows.
    @inline(__always)
    private func norm() -> Lanes {
        var largest = Lanes.zero
        for index in 0..<width { largest = larger(magnitude(difference(at: index)), largest) }
        let scale = select(largest, ==, .zero, Lanes(repeating: 1), else: largest)
        var sum = Lanes.zero
        for index in 0..<width {
            let share = difference(at: index) / scale
            sum = multiplyAdd(share, share, sum)
        }
        return scale * sum.squareRoot()
    }

    /// `x - c`, or 0 where the norm does not cover it.
    @inline(__always)
    private func difference(at index: Int) -> Lanes {
        let difference = vector[index] - center[index &* centerStep]
        return select(weights[index &* weightStep], ==, .zero, .zero, else: difference)
    }
}
