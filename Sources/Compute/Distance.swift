/// How a penalty `t` grows with the length of a difference `v`.
public enum Distance: Sendable, Equatable {
    /// `t ||v||`: it holds small differences at 0, and pulls at large ones no more than at small ones.
    case norm
    /// `t ||v||^2 / 2`, as in ridge regression: it pulls in proportion to the length.
    case squared

    /// The penalty at a length; none at 0, even where `t` is infinite.
    public func penalty(_ threshold: Double, at length: Double) -> Double {
        guard length > 0 else { return 0 }
        return self == .norm ? threshold * length : threshold * length * length / 2
    }
}
