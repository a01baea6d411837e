import Compute

/// What is summed of a loss over the rows of one block, in one thread's memory: at one set of coefficients or at several.
///
/// An enumeration: of functions that are generic over a protocol, compilers leave calls of C's inline functions as calls.
enum LossSums<Scalar: LaneScalar>: ThreadScratch {
    case one(BlockLoss<Scalar>)
    case several(BlockLosses<Scalar>)

    /// Scratch for one thread; `deallocate` gives it back.
    init(_ loss: Loss, fitCount: Int, featureCount: Int) {
        if fitCount == 1 {
            self = .one(BlockLoss(loss, featureCount: featureCount))
        } else {
            self = .several(BlockLosses(loss, fitCount: fitCount, featureCount: featureCount))
        }
    }

    func deallocate() {
        switch self {
        case .one(let sums): sums.deallocate()
        case .several(let sums): sums.deallocate()
        }
    }

    /// Takes the coefficients of a task, whose entries lie `stride` apart.
    @inline(__always)
    func take(_ source: UnsafePointer<Scalar>, stride: Int) {
        switch self {
        case .one(let sums): sums.take(source, stride: stride)
        case .several(let sums): sums.take(source, stride: stride)
        }
    }

    /// Sums over `rowCount` rows, from zero.
    @inline(__always)
    func sum(
        rows: UnsafePointer<Scalar>, weights: UnsafePointer<Scalar>?, rowCount: Int, wantsValue: Bool,
        wantsGradient: Bool
    ) {
        switch self {
        case .one(let sums):
            sums.sum(
                rows: rows, weights: weights, rowCount: rowCount, wantsValue: wantsValue, wantsGradient: wantsGradient)
        case .several(let sums):
            sums.sum(
                rows: rows, weights: weights, rowCount: rowCount, wantsValue: wantsValue, wantsGradient: wantsGradient)
        }
    }

    /// Adds the values, one a fit, to those that lie `stride` apart.
    @inline(__always)
    func addValues(to destination: UnsafeMutablePointer<Scalar>, stride: Int) {
        switch self {
        case .one(let sums): sums.addValues(to: destination, stride: stride)
        case .several(let sums): sums.addValues(to: destination, stride: stride)
        }
    }

    /// Adds the gradient's columns to values that lie `stride` apart.
    @inline(__always)
    func addGradient(to destination: UnsafeMutablePointer<Scalar>, stride: Int) {
        switch self {
        case .one(let sums): sums.addGradient(to: destination, stride: stride)
        case .several(let sums): sums.addGradient(to: destination, stride: stride)
        }
    }
}
