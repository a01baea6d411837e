import CZlib

/// Inflates gzip members, one after another, from bytes that a closure brings.
final class GzipDecoder {
    /// Why compressed bytes could not be inflated.
    enum Failure: Error {
        case truncated
        case corrupt(String)
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutablePointer<UInt8>
    private let inputCapacity: Int
    private var isInsideMember = true

    init(inputCapacity: Int) {
        // The stream must not move: zlib keeps its address.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        self.inputCapacity = inputCapacity
        input = .allocate(capacity: inputCapacity)
        let gzipOnly: Int32 = 16
        let status = inflateInit2_(stream, MAX_WBITS + gzipOnly, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib starts")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// Writes up to `count` inflated bytes, none only at the end.
    ///
    /// - Parameter refill: brings up to so many compressed bytes to an address, none at their end.
    func read(
        into bytes: UnsafeMutablePointer<UInt8>, count: Int,
        refill: (UnsafeMutablePointer<UInt8>, Int) throws -> Int
    ) throws -> Int {
        stream.pointee.next_out = bytes
        stream.pointee.avail_out = UInt32(count)
        while stream.pointee.avail_out > 0 {
            if stream.pointee.avail_in == 0 {
                let received = try refill(input, inputCapacity)
                if received == 0 {
                    if isInsideMember { throw Failure.truncated }
                    break
                }
                stream.pointee.next_in = input
                stream.pointee.avail_in = UInt32(received)
            }
            if !isInsideMember {
                // Tapes and some writers pad with zeros after the last member.
                if stream.pointee.next_in.pointee == 0 {
                    stream.pointee.next_in += 1
                    stream.pointee.avail_in -= 1
                    continue
                }
                inflateReset(stream)
                isInsideMember = true
            }
            switch inflate(stream, Z_NO_FLUSH) {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: isInsideMember = false
            default: throw Failure.corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "not a gzip member")
            }
        }
        return count - Int(stream.pointee.avail_out)
    }
}
