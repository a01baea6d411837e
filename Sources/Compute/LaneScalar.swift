public import RealModule

/// A scalar that the compute layer works in: `Double`, or `Float` for half the memory traffic.
///
/// `Lanes` is one SIMD vector of the scalar, 64 bytes wide. Its scalar count is the number of tasks that the CPU path
/// keeps side by side in a pack.
public protocol LaneScalar: Real, BinaryFloatingPoint, SIMDScalar, Codable, Sendable {
    associatedtype Lanes: SIMD & Sendable where Lanes.Scalar == Self
    /// As many lanes or twice as many, if compilers keep such a vector in registers: several problems of each task of a
    /// pack, side by side.
    associatedtype WideLanes: SIMD & Sendable where WideLanes.Scalar == Self
    /// A whole number a lane.
    associatedtype LaneWords: SIMD & Sendable where LaneWords.Scalar == UInt64

    /// The name by which users and kernels call this scalar: `double` or `float`.
    static var name: String { get }

    /// The uniform in (0, 1) that each lane's first two Philox words make: `(2 k + 1) / 2^bits`.
    ///
    /// `k` is the first `bits - 1` bits of the two words, the first word's highest bit first; `bits` is 53 in double
    /// and 24 in float, whose uniform is the double's to its own precision. Each value is exact, as is `1 - u`.
    static func uniforms(_ first: LaneWords, _ second: LaneWords) -> Lanes

    /// The standard normal's quantiles at `uniforms`' values, by Wichura's AS 241: PPND16 in double, PPND7 in float.
    ///
    /// Made of + - * / and square roots alone, each rounded on its own, so that OpenCL's text gives the same bits.
    static func normalQuantiles(_ uniforms: Lanes) -> Lanes
}

extension Double: LaneScalar {
    public typealias Lanes = SIMD8<Double>
    public typealias WideLanes = SIMD16<Double>
    public typealias LaneWords = SIMD8<UInt64>
    public static var name: String { "double" }
}

extension Float: LaneScalar {
    public typealias Lanes = SIMD16<Float>
    public typealias WideLanes = SIMD16<Float>
    public typealias LaneWords = SIMD16<UInt64>
    public static var name: String { "float" }
}
