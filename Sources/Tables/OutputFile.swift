public import Compute
import Glibc

/// A result being written: it appears under its name only when it is whole.
///
/// Bytes go to a temporary name in the destination's folder, which `finish` renames; a failure, `cancel` and the end of
/// the object's life remove it and leave whatever stood at the destination. Devices, pipes and open
/// descriptors (standard output, `/dev/stdout`, `/dev/fd/3`), which cannot be renamed to, are written directly. A closed pipe or a limit on file sizes is an error of `write` only in a
/// program that ignores `SIGPIPE` and `SIGXFSZ`.
public final class OutputFile {
    /// The destination, or nil for standard output.
    public let path: String?
    private let descriptor: Int32
    private let rename: (from: String, to: String)?
    private var pending: [UInt8] = []
    private var isOpen = true

    private static let bufferSize = 1 << 18

    /// Opens the destination.
    ///
    /// - Parameter path: nil for standard output.
    /// - Throws: ``TableError`` of kind `cannotWrite`: the destination, why not, and what to do.
    public init(path: String?) throws(TableError) {
        self.path = path
        guard let path else {
            descriptor = STDOUT_FILENO
            rename = nil
            return
        }
        if let named = namedDescriptor(path) {
            descriptor = fcntl(named, F_DUPFD_CLOEXEC, 0)
            rename = nil
            guard descriptor >= 0 else { throw cannotWrite(path, errno) }
            return
        }
        var status = stat()
        let exists = stat(path, &status) == 0
        let kind = status.st_mode & S_IFMT
        guard !exists || kind != S_IFDIR else { throw cannotWrite(path, EISDIR) }
        if exists && kind != S_IFREG {
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
            rename = nil
            guard descriptor >= 0 else { throw cannotWrite(path, errno) }
            return
        }
        // A link to a file stays a link: the file it leads to is replaced.
        let destination = exists ? resolved(path) : path
        let (temporary, opened) = try openTemporary(beside: destination, for: path)
        if exists { _ = fchmod(opened, status.st_mode & 0o7777) }
        descriptor = opened
        rename = (temporary, destination)
    }

    deinit { cancel() }

    public func write(_ text: OutputText) throws(TableError) { try write(text.bytes) }

    public func write(_ text: String) throws(TableError) { try write(Array(text.utf8)) }

    /// - Throws: ``TableError`` of kind `cannotWrite`; the temporary file is then gone.
    public func write(_ bytes: [UInt8]) throws(TableError) {
        if pending.count + bytes.count <= Self.bufferSize {
            pending += bytes
            return
        }
        try flush()
        if bytes.count < Self.bufferSize { pending += bytes } else { try send(bytes) }
    }

    /// Writes what is left, makes sure that it is on the disk, and gives the file its name.
    ///
    /// - Throws: ``TableError`` of kind `cannotWrite`; the destination is then as it was before.
    public func finish() throws(TableError) {
        precondition(isOpen, "an output file is finished once")
        try flush()
        guard path != nil else {
            isOpen = false
            return
        }
        if rename != nil, fsync(descriptor) != 0 { throw failure(errno) }
        isOpen = false
        let closing = close(descriptor) == 0 ? 0 : errno
        guard let rename else {
            if closing != 0 { throw cannotWrite(path, closing) }
            return
        }
        if closing != 0 || Glibc.rename(rename.from, rename.to) != 0 {
            let reason = closing != 0 ? closing : errno
            unlink(rename.from)
            throw cannotWrite(path, reason)
        }
    }

    /// Leaves the destination as it was. Does nothing to a file that is finished.
    public func cancel() {
        guard isOpen else { return }
        isOpen = false
        pending = []
        if path != nil { close(descriptor) }
        if let rename { unlink(rename.from) }
    }

    private func flush() throws(TableError) {
        try send(pending)
        pending.removeAll(keepingCapacity: true)
    }

    private func send(_ bytes: [UInt8]) throws(TableError) {
        guard isOpen else { throw cannotWrite(path, EBADF) }
        let code = bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent)
                if count >= 0 {
                    sent += count
                } else if errno == EAGAIN {
                    var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&writable, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
        if code != 0 { throw failure(code) }
    }

    private func failure(_ code: Int32) -> TableError {
        cancel()
        return cannotWrite(path, code)
    }
}

extension OutputFile {
    /// Formats blocks of `0 ..< count` on several threads and writes them in order.
    ///
    /// - Throws: ``TableError`` of kind `cannotWrite`.
    public func writeBlocks(
        of count: Int, grain: Int, parallel: Parallel, _ format: (Range<Int>, inout OutputText) -> Void
    ) throws(TableError) {
        let texts = UnsafeMutableBufferPointer<OutputText>.allocate(capacity: 4 * parallel.threadCount)
        texts.initialize(repeating: OutputText())
        defer {
            texts.deinitialize()
            texts.deallocate()
        }
        for first in stride(from: 0, to: count, by: grain * texts.count) {
            let batch = min(grain * texts.count, count - first)
            let blocks = (batch + grain - 1) / grain
            parallel.forEachBlock(blocks) { block in
                let start = first + block * grain
                texts[block].removeAll()
                format(start..<min(start + grain, first + batch), &texts[block])
            }
            for block in 0..<blocks { try write(texts[block]) }
        }
    }
}

private func openTemporary(beside destination: String, for path: String) throws(TableError) -> (String, Int32) {
    let folder = destination.lastIndex(of: "/").map { String(destination[...$0]) } ?? ""
    while true {
        let mark = String(UInt32.random(in: .min ... .max), radix: 16)
        let name = "\(folder).kindred-\(getpid())-\(mark).partial"
        let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor >= 0 { return (name, descriptor) }
        if errno != EEXIST && errno != EINTR { throw cannotWrite(path, errno) }
    }
}

/// The open descriptor that a path stands for. To open it anew would begin at the file's start.
private func namedDescriptor(_ path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default:
        let folder = ["/dev/fd/", "/proc/self/fd/"].first { path.hasPrefix($0) }
        return folder.flatMap { Int32(path.dropFirst($0.utf8.count)) }
    }
}

private func resolved(_ path: String) -> String {
    guard let name = realpath(path, nil) else { return path }
    defer { free(name) }
    return String(cString: name)
}

private func cannotWrite(_ path: String?, _ code: Int32) -> TableError {
    guard let path else {
        return TableError(
            code == EPIPE ? .readerGone : .cannotWrite,
            "cannot write to standard output: \(reason(code))\(advice(code))")
    }
    if code == ENOENT {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        return TableError(
            .cannotWrite, "cannot write '\(printable(path))': there is no folder '\(printable(folder))'; make it first")
    }
    return TableError(.cannotWrite, "cannot write '\(printable(path))': \(reason(code))\(advice(code))")
}

private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

private func advice(_ code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT: "; free some space or write to another place"
    case EFBIG: "; raise the limit on file sizes (ulimit -f)"
    case EISDIR: "; name a file in that folder"
    case EPIPE: "; the program that reads it has ended"
    default: "; write to another place"
    }
}
