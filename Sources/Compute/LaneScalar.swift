public import RealModule

/// A scalar that the compute layer works in: `Double`, or `Float` for half the memory traffic.
///
/// `Lanes` is one SIMD vector of the scalar, 64 bytes wide. Its scalar count is the number of tasks that the CPU path
/// keeps side by side in a pack.
public protocol LaneScalar: Real, BinaryFloatingPoint, SIMDScalar, Codable, Sendable {
    associatedtype Lanes: SIMD & Sendable where Lanes.Scalar == Self

    /// The name by which users and kernels call this scalar: `double` or `float`.
    static var name: String { get }
}

extension Double: LaneScalar {
    public typealias Lanes = SIMD8<Double>
    public static var name: String { "double" }
}

extension Float: LaneScalar {
    public typealias Lanes = SIMD16<Float>
    public static var name: String { "float" }
}
