import Glibc

/// The bytes of a file or of standard input, inflated where they are gzip.
final class ByteSource {
    /// How messages name it.
    let name: String
    /// The bytes of the file, before inflation; nil for a pipe.
    let byteCount: Int?
    /// The bytes brought so far, before inflation.
    private(set) var bytesRead = 0
    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private let progress: TableReader.Progress
    private var opening: [UInt8] = []
    private var hasStarted = false
    private var decoder: GzipDecoder?

    /// - Parameter path: a file, or `-` for standard input.
    /// - Throws: ``TableError/Kind/noInput`` when the file does not exist, is a folder or may not be read.
    init(path: String, progress: @escaping TableReader.Progress = { _, _ in true }) throws(TableError) {
        self.progress = progress
        ownsDescriptor = path != "-"
        name = ownsDescriptor ? path : "standard input"
        descriptor = ownsDescriptor ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
        guard descriptor >= 0 else {
            let remedy = errno == ENOENT ? "check the path" : "check its permissions"
            throw TableError(.noInput, "cannot open '\(printable(path))': \(errorText(errno)); \(remedy)")
        }
        var status = stat()
        fstat(descriptor, &status)
        if status.st_mode & S_IFMT == S_IFDIR {
            if ownsDescriptor { close(descriptor) }
            throw TableError(.noInput, "cannot read '\(printable(name))': it is a folder; name a table in it")
        }
        byteCount = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit { if ownsDescriptor { close(descriptor) } }

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
        } catch GzipDecoder.Failure.corrupt(let reason) {
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
        var readable = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let ready = poll(&readable, 1, 100)
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw unreadable(errno) }
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
            let received = Glibc.read(descriptor, bytes + done, count - done)
            if received == 0 { break }
            if received < 0 {
                if errno == EINTR { continue }
                throw unreadable(errno)
            }
            done += received
            bytesRead += received
        }
        return done
    }

    private func unreadable(_ code: Int32) -> TableError {
        TableError(.noInput, "cannot read '\(printable(name))': \(errorText(code))")
    }
}
