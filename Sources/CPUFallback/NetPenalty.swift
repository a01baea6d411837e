import Compute

/// The penalty of an elastic net in one column of a pack: `bound |u| + square u^2 / 2`.
struct NetPenalty<Scalar: LaneScalar> {
    typealias Lanes = Scalar.Lanes

    let bound: Lanes
    /// `-bound`.
    let opposite: Lanes
    let square: Lanes

    @inline(__always)
    init(_ threshold: Lanes, mixture: Scalar) {
        // An infinite threshold times nothing is none.
        bound = mixture == 0 ? .zero : threshold * mixture
        opposite = .zero - bound
        square = mixture == 1 ? .zero : threshold * (1 - mixture)
    }

    /// What the absolute value takes off a slope: the nearest to it from `-bound` to `bound`.
    @inline(__always)
    func clamped(_ slope: Lanes) -> Lanes {
        let above = select(slope, >, bound, bound, else: slope)
        return select(above, <, opposite, opposite, else: above)
    }

    /// The slope of the objective, its sign changed, along a coordinate that is not 0, given that of the smooth part.
    @inline(__always)
    func inside(_ slope: Lanes, at u: Lanes) -> Lanes {
        slope - multiplyAdd(square, u, select(u, <, .zero, opposite, else: bound))
    }

    /// By how much a slope of the smooth part, its sign changed, fails the condition of an optimum.
    @inline(__always)
    func failure(of slope: Lanes, at u: Lanes) -> Lanes {
        let outside = magnitude(slope) - bound
        return select(
            u, ==, .zero, select(outside, <=, .zero, .zero, else: outside), else: magnitude(inside(slope, at: u)))
    }
}
