import CZlib

/// Inflates one deflated stream without a frame, from bytes that a closure brings.
final class Inflater {
    /// Why the bytes could not be inflated.
    enum Failure: Error {
        case truncated
        case corrupt(String)
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutablePointer<UInt8>
    private let inputCapacity = 1 << 16
    private var isAtEnd = false

    init() {
        // The stream must not move: zlib keeps its address.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        input = .allocate(capacity: inputCapacity)
        let status = inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib starts")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// Writes up to `count` inflated bytes, fewer only at the stream's end. Bytes that follow it are left.
    ///
    /// - Parameter refill: brings up to so many deflated bytes to an address, none at their end.
    func read(
        into bytes: UnsafeMutablePointer<UInt8>, count: Int,
        refill: (UnsafeMutablePointer<UInt8>, Int) throws -> Int
    ) throws -> Int {
        stream.pointee.next_out = bytes
        stream.pointee.avail_out = UInt32(count)
        while stream.pointee.avail_out > 0, !isAtEnd {
            if stream.pointee.avail_in == 0 {
                let received = try refill(input, inputCapacity)
                if received == 0 { throw Failure.truncated }
                stream.pointee.next_in = input
                stream.pointee.avail_in = UInt32(received)
            }
            switch inflate(stream, Z_NO_FLUSH) {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: isAtEnd = true
            default: throw Failure.corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "not deflated data")
            }
        }
        return count - Int(stream.pointee.avail_out)
    }
}
