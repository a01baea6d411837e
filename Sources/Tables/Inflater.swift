import CZlib

/// Inflates one deflated stream without a frame, from bytes that a closure brings.
final class Inflater {
    private let stream = ZlibStream(windowBits: -MAX_WBITS, inputCapacity: 1 << 16)
    private var isAtEnd = false

    /// Writes up to `count` inflated bytes, fewer only at the stream's end. Bytes that follow it are left.
    ///
    /// - Parameter refill: brings up to so many deflated bytes to an address, none at their end.
    func read(
        into bytes: UnsafeMutablePointer<UInt8>, count: Int,
        refill: (UnsafeMutablePointer<UInt8>, Int) throws -> Int
    ) throws -> Int {
        stream.setOutput(bytes, count: count)
        while stream.hasRoom, !isAtEnd {
            guard try stream.hasInput(refill) else { throw InflateFailure.truncated }
            isAtEnd = try stream.advance()
        }
        return stream.written(of: count)
    }
}
