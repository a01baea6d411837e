import Glibc

/// A file open for reading, or standard input.
final class InputFile {
    /// How messages name it.
    let name: String
    let descriptor: Int32
    /// The bytes of the file; nil for a pipe.
    let byteCount: Int?
    private let ownsDescriptor: Bool

    /// - Parameter path: a file, or `-` for standard input.
    /// - Throws: ``TableError/Kind/noInput`` when the file does not exist, is a folder or may not be read.
    init(path: String) throws(TableError) {
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

    /// Reads exactly `count` bytes from `offset` on. Several threads may read at once.
    ///
    /// - Throws: ``TableError/Kind/noInput`` when reading fails or the file has become shorter.
    func read(_ bytes: UnsafeMutableRawPointer, count: Int, at offset: Int) throws(TableError) {
        var done = 0
        while done < count {
            let received = pread(descriptor, bytes + done, count - done, off_t(offset + done))
            if received > 0 {
                done += received
            } else if received == 0 {
                throw TableError(
                    .noInput, "cannot read '\(printable(name))': it has become shorter while it was read; read it again"
                )
            } else if errno != EINTR {
                throw unreadable(errno)
            }
        }
    }

    /// The bytes of `range`, which lies within the file.
    func bytes(_ range: Range<Int>) throws(TableError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        try bytes.withUnsafeMutableBufferPointer { buffer throws(TableError) in
            guard let start = buffer.baseAddress else { return }
            try read(start, count: range.count, at: range.lowerBound)
        }
        return bytes
    }

    func unreadable(_ code: Int32) -> TableError {
        TableError(.noInput, "cannot read '\(printable(name))': \(errorText(code))")
    }
}
