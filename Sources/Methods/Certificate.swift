/// How close an iterative fit came to what it minimises.
public struct Certificate: Sendable, Equatable {
    /// The objective, where the iteration ended.
    public var objective: Double
    /// How far the conditions for an optimum are from being met: the largest slope that is left, over one more than the
    /// largest slope of a task's loss at zero. Of a LASSO, the largest that is left, over the largest at the centre of its
    /// task's loss, both of standardized features.
    public var residual: Double
    /// What the objective is above its least value, at most; nil where the problem is not convex.
    public var dualityGap: Double?
    /// Nil where it is not counted.
    public var iterationCount: Int?
    /// Whether the iteration ended because its residual was small, and not at its limit.
    public var hasConverged: Bool
}
