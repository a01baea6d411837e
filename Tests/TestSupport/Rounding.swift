package import Compute
import Engine

/// Whether random normals have the bits of the CPU path on this backend.
package func roundsCorrectly(_ backend: some Backend) throws(ComputeError) -> Bool {
    guard let device = backend as? any RoundingCheck else { return true }
    return try device.roundsCorrectly()
}
