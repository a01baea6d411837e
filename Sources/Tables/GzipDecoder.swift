import CZlib

/// Inflates gzip members, one after another, from bytes that a closure brings.
final class GzipDecoder {
    private let stream: ZlibStream
    private var isInsideMember = true

    init(inputCapacity: Int) {
        let gzipOnly: Int32 = 16
        stream = ZlibStream(windowBits: MAX_WBITS + gzipOnly, inputCapacity: inputCapacity)
    }

    /// Writes up to `count` inflated bytes, none only at the end.
    ///
    /// - Parameter refill: brings up to so many compressed bytes to an address, none at their end.
    func read(
        into bytes: UnsafeMutablePointer<UInt8>, count: Int,
        refill: (UnsafeMutablePointer<UInt8>, Int) throws -> Int
    ) throws -> Int {
        stream.setOutput(bytes, count: count)
        while stream.hasRoom {
            guard try stream.hasInput(refill) else {
                if isInsideMember { throw InflateFailure.truncated }
                break
            }
            if !isInsideMember {
                // Tapes and some writers pad with zeros after the last member.
                if stream.state.pointee.next_in.pointee == 0 {
                    stream.state.pointee.next_in += 1
                    stream.state.pointee.avail_in -= 1
                    continue
                }
                inflateReset(stream.state)
                isInsideMember = true
            }
            isInsideMember = try !stream.advance()
        }
        return stream.written(of: count)
    }
}
