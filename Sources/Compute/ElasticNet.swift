/// When the sweeps of coordinate descent for elastic nets end.
///
/// Sweeps go over all coefficients; after each come sweeps over those that are not 0, until these rest. A step's size is
/// what it changes the fitted values by, `|step| sqrt(A_kk)`, and is small beside the largest `|q_k| / sqrt(A_kk)` or
/// `|u_k| sqrt(A_kk)`, whichever is larger.
package enum ElasticNet {
    /// Sweeps of one column after which it is left as it is.
    package static var sweepLimit: Int { 10_000 }

    /// A sweep whose largest step is smaller, beside the largest of those sizes, is the last.
    package static func tolerance<Scalar: LaneScalar>(_: Scalar.Type) -> Scalar { max(1e-12, 64 * Scalar.ulpOfOne) }
}
