import CZlib

/// Why compressed bytes could not be inflated.
enum InflateFailure: Error {
    case truncated
    case corrupt(String)
}

/// zlib's state of one inflation, with memory for compressed bytes that wait for it.
final class ZlibStream {
    /// The stream must not move: zlib keeps its address.
    let state: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutablePointer<UInt8>
    private let inputCapacity: Int

    /// - Parameter windowBits: as for `inflateInit2`: which frame the bytes have.
    init(windowBits: Int32, inputCapacity: Int) {
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        self.inputCapacity = inputCapacity
        input = .allocate(capacity: inputCapacity)
        let status = inflateInit2_(state, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib starts")
    }

    deinit {
        inflateEnd(state)
        state.deallocate()
        input.deallocate()
    }

    /// Where inflated bytes go from now on.
    func setOutput(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) {
        state.pointee.next_out = bytes
        state.pointee.avail_out = UInt32(count)
    }

    var hasRoom: Bool { state.pointee.avail_out > 0 }

    /// The number of bytes written of `count` that there was room for.
    func written(of count: Int) -> Int { count - Int(state.pointee.avail_out) }

    /// Brings compressed bytes if none wait. False at their end.
    ///
    /// - Parameter refill: brings up to so many to an address, none at their end.
    func hasInput(_ refill: (UnsafeMutablePointer<UInt8>, Int) throws -> Int) rethrows -> Bool {
        if state.pointee.avail_in > 0 { return true }
        let received = try refill(input, inputCapacity)
        state.pointee.next_in = input
        state.pointee.avail_in = UInt32(received)
        return received > 0
    }

    /// Inflates as far as input and output go. True at the end of the stream.
    func advance() throws(InflateFailure) -> Bool {
        switch inflate(state, Z_NO_FLUSH) {
        case Z_OK, Z_BUF_ERROR: return false
        case Z_STREAM_END: return true
        default: throw .corrupt(state.pointee.msg.map { String(cString: $0) } ?? "not compressed data")
        }
    }
}
