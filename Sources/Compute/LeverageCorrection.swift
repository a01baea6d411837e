/// How robust variances correct squared residuals for leverage.
public enum LeverageCorrection: Int, Sendable {
    /// None: HC0, HC1 and clusters.
    case none = 0
    /// Division by `1 - h`: HC2.
    case single = 1
    /// Division by `(1 - h)^2`: HC3.
    case squared = 2
}
