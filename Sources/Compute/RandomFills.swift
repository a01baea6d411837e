/// Random numbers from counter-based streams.
///
/// Value `e` of task `j` is the stream's at position `e` of its task `j`, and depends on nothing else: not on how many
/// tasks or values are drawn together, on threads or on devices. With `u` of ``LaneScalar/uniforms(_:_:)`` and `z` of
/// ``LaneScalar/normalQuantiles(_:)`` it has the same bits on every device that rounds division and square root
/// correctly.
public protocol RandomFills<Scalar>: BackendMemory {
    /// Writes the stream's words themselves, 16 bits a value, so that either scalar holds them exactly.
    ///
    /// Values `8 p ..< 8 p + 8` of a task are the four words at position `p`, the low half of each first.
    func fillWords(_ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError)

    /// Writes uniforms in (0, 1), one a position: never 0 or 1, and `u` as likely as `1 - u`.
    func fillUniform(_ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError)

    /// Writes standard normals, one a position: the quantiles of what `fillUniform` writes.
    func fillNormal(_ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError)
}
