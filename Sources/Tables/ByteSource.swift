import Glibc

/// The bytes of a file or of standard input, inflated where they are gzip.
final class ByteSource {
    /// The bytes brought so far, before inflation.
    private(set) var bytesRead = 0
    private let file: InputFile
    private let progress: TableReader.Progress
    private var opening: [UInt8] = []
    private var hasStarted = false
    private var decoder: GzipDecoder?

    init(_ file: InputFile, progress: @escaping TableReader.Progress = { _, _ in true }) {
        self.file = file
        self.progress = progress
    }

    /// How messages name it.
    var name: String { file.name }
    /// The bytes of the file, before inflation; nil for a pipe.
    var byteCount: Int? { file.byteCount }

    /// Writes up to `count` bytes, fewer only at the end.
    ///
    /// - Throws: ``TableError/Kind/noInput`` when reading fails, ``TableError/Kind/data`` when gzip data are truncated
    ///   or corrupt.
    func read(into bytes: UnsafeMutablePointer<UInt8>, count: Int) throws(TableError) -> Int {
        do {
            if !hasStarted { try start() }
            guard let decoder else { return try readRaw(into: bytes, count: count) }
            return try decoder.read(into: bytes, count: count) { try readRaw(into: $0, count: $1) }
        } catch let error as TableError {
            throw error
        } catch InflateFailure.corrupt(let reason) {
            throw .data(
                name,
                "the gzip data are corrupt before byte \(bytesRead) (\(reason)); copy or compress the file again")
        } catch {
            throw .data(name, "the gzip data end too early, after \(bytesRead) bytes; copy or compress the file again")
        }
    }

    /// Looks at the first two bytes: gzip is known by them, not by the name.
    private func start() throws(TableError) {
        hasStarted = true
        var first = [UInt8](repeating: 0, count: 2)
        let received = try first.withUnsafeMutableBufferPointer { buffer throws(TableError) in
            guard let address = buffer.baseAddress else { return 0 }
            return try readRaw(into: address, count: 2)
        }
        opening = Array(first.prefix(received))
        if opening == [0x1F, 0x8B] { decoder = GzipDecoder(inputCapacity: 1 << 18) }
    }

    /// Waits until a pipe has bytes, and asks now and then whether to go on.
    private func waitForBytes() throws(TableError) {
        guard byteCount == nil else { return }
        var readable = pollfd(fd: file.descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = poll(&readable, 1, 100)
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw file.unreadable(errno) }
            guard progress(bytesRead, nil) else {
                throw TableError(.interrupted, "stopped while reading '\(printable(name))'")
            }
        }
    }

    private func readRaw(into bytes: UnsafeMutablePointer<UInt8>, count: Int) throws(TableError) -> Int {
        var done = 0
        while done < count, !opening.isEmpty {
            bytes[done] = opening.removeFirst()
            done += 1
        }
        while done < count {
            try waitForBytes()
            let received = Glibc.read(file.descriptor, bytes + done, count - done)
            if received == 0 { break }
            if received < 0 {
                if errno == EINTR { continue }
                throw file.unreadable(errno)
            }
            done += received
            bytesRead += received
        }
        return done
    }
}
