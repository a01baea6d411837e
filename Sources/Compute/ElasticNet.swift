/// When the descents for elastic nets end.
///
/// Sweeps of coordinate descent go over all coefficients. After one that leaves all signs as they were, and whose
/// largest step is more than half of that of the sweep before, come conjugate gradients among the coefficients that are not 0:
/// while these keep their signs, the objective is a quadratic. A step that would change one ends where that becomes 0, and
/// directions begin anew. What a descent ends with is always a sweep. Without conjugate gradients the sweeps that correlated
/// features take grow with the condition number, and soon pass any limit.
///
/// A step's size is what it changes the fitted values by, `|step| sqrt(A_kk)`, and is small beside the largest `|q_k| / sqrt(A_kk)` or
/// `|u_k| sqrt(A_kk)`, whichever is larger.
package enum ElasticNet {
    /// Sweeps and steps of conjugate gradients of one column after which it is left as it is.
    package static var sweepLimit: Int { 10_000 }

    /// A sweep whose largest step is smaller, beside the largest of those sizes, is the last.
    package static func tolerance<Scalar: LaneScalar>(_: Scalar.Type) -> Scalar { max(1e-12, 64 * Scalar.ulpOfOne) }
}
