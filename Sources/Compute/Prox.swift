/// What a threshold `t` does to the difference `d = x - c` between a vector and its centre.
public enum Prox: Int, Sendable, CaseIterable {
    /// Each coordinate moves by `t` towards the centre's, and not past it: the prox of `t ||d||_1`. MOLAR, Option II.
    case soft
    /// Each coordinate with `|d| <= t` becomes the centre's, others stay as they are. MOLAR, Option I.
    case hard
    /// `c + max(0, 1 - t / ||d||) d`, with the Euclidean norm over a column: the prox of `t ||d||`. ARMUL, eq. (3.9).
    case block
    /// The nearest point in the ball of radius `t` about the centre: the projection of cross-learning.
    case ball

    /// Whether coordinates are shrunk one by one, rather than a column as a whole.
    public var isByCoordinate: Bool { self == .soft || self == .hard }
}
