/// A backend that may not round division and square root correctly, as IEEE 754 asks and every CPU does: where it does,
/// its random normals have the bits of the CPU path.
package protocol RoundingCheck {
    /// Compares quotients and square roots of 2^16 random pairs with this machine's, which are correctly rounded.
    func roundsCorrectly() throws(ComputeError) -> Bool
}

/// Whether random normals have the bits of the CPU path on this backend.
package func roundsCorrectly(_ backend: some Backend) throws(ComputeError) -> Bool {
    guard let device = backend as? any RoundingCheck else { return true }
    return try device.roundsCorrectly()
}
