import Compute

/// How the variance of least-squares coefficients is estimated, with `r` the residuals, `h` the leverages, `n` rows
/// and `p` coefficients.
///
/// Heteroscedasticity-consistent forms: MacKinnon and White, Journal of Econometrics 29 (1985). The middle of the
/// sandwich `(X'WX)^-1 M (X'WX)^-1` is `M = sum of (w r)^2 x x'` with the stated correction. Weighted rows count as in
/// weighted least squares, not as repeated rows.
public enum VarianceEstimator: String, Sendable, CaseIterable {
    /// `s^2 (X'WX)^-1` with `s^2 = sum of w r^2 / (n - p)`.
    case iid
    /// No correction.
    case hc0
    /// Times `n / (n - p)`.
    case hc1
    /// Each squared residual over `1 - h`.
    case hc2
    /// Each squared residual over `(1 - h)^2`.
    case hc3
    /// One-way clusters: `M` is the sum over clusters of the outer product of their score sums, times
    /// `g / (g - 1) * (n - 1) / (n - p)` for `g` clusters; statistics have `g - 1` degrees of freedom.
    case cluster

    var leverageCorrection: LeverageCorrection {
        switch self {
        case .iid, .hc0, .hc1, .cluster: .none
        case .hc2: .single
        case .hc3: .squared
        }
    }
}
