import Glibc
import Synchronization

/// A folder of what is slow to find out about a device: its program binaries and its measured speeds.
///
/// Nothing depends on it. An entry that is absent, unreadable, damaged or of another device reads as nil, and a folder
/// that cannot be written keeps nothing.
package struct DeviceCache: Sendable {
    /// What an entry holds, and all that its contents depend on.
    package struct Entry: Sendable {
        let kind: String
        let key: UInt128

        package init(kind: String, key parts: [String]) {
            self.kind = kind
            // The lengths keep two lists apart whose parts run together to the same text.
            key = fnv1a(parts.flatMap { Array("\($0.utf8.count):".utf8) + Array($0.utf8) })
        }

        var fileName: String { "\(kind)-\(hexadecimal(key))" }
    }

    /// Nil where nothing is kept.
    package let folder: String?

    package init(folder: String?) {
        self.folder = folder
    }

    /// `KINDRED_CACHE`, else `$XDG_CACHE_HOME/kindred`, else `~/.cache/kindred`.
    package static var standard: DeviceCache {
        DeviceCache(folder: folder { name in getenv(name).map { String(cString: $0) } })
    }

    /// The folder that an environment names. A relative `XDG_CACHE_HOME` is invalid by its standard, so ignored.
    package static func folder(environment: (String) -> String?) -> String? {
        if let path = environment("KINDRED_CACHE"), !path.isEmpty { return path }
        if let path = environment("XDG_CACHE_HOME"), path.hasPrefix("/") { return "\(path)/kindred" }
        if let path = environment("HOME"), path.hasPrefix("/") { return "\(path)/.cache/kindred" }
        return nil
    }

    package func read(_ entry: Entry) -> [UInt8]? {
        guard let path = path(of: entry), let bytes = contents(of: path) else { return nil }
        guard bytes.count >= Self.headerSize, bytes.prefix(8).elementsEqual(Self.magic) else { return nil }
        let contents = Array(bytes[Self.headerSize...])
        return bytes[8..<Self.headerSize].elementsEqual(littleEndian(fnv1a(contents))) ? contents : nil
    }

    /// Keeps `contents`. Written under another name and renamed, so that no other run reads half of it.
    package func write(_ contents: [UInt8], for entry: Entry) {
        guard let folder, let path = path(of: entry) else { return }
        makeFolder(folder)
        let temporary = "\(path).\(getpid()).\(Self.serial.wrappingAdd(1, ordering: .relaxed).newValue)"
        if save(Self.magic + littleEndian(fnv1a(contents)) + contents, to: temporary), rename(temporary, path) == 0 {
            return
        }
        unlink(temporary)
    }

    private func path(of entry: Entry) -> String? { folder.map { "\($0)/\(entry.fileName)" } }

    private static let magic = Array("KINDRED1".utf8)
    private static let headerSize = 24
    private static let serial = Atomic<Int>(0)
}

/// The FNV-1a hash of 128 bits.
package func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt128 {
    let offset = UInt128(0x6c62_272e_07bb_0142) << 64 | 0x62b8_2175_6295_c58d
    let prime = UInt128(1) << 88 | 0x13b
    return bytes.reduce(offset) { ($0 ^ UInt128($1)) &* prime }
}

private func littleEndian(_ value: UInt128) -> [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func hexadecimal(_ value: UInt128) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 32 - digits.utf8.count) + digits
}

/// Makes a folder and those above it, as far as that is possible.
private func makeFolder(_ path: String) {
    for (index, character) in zip(path.indices, path) where character == "/" && index != path.startIndex {
        mkdir(String(path[..<index]), 0o777)
    }
    mkdir(path, 0o777)
}

/// The bytes of a file, nil if it cannot be read.
private func contents(of path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
        let count = bytes.withUnsafeMutableBytes {
            Glibc.read(file, $0.baseAddress.map { $0 + filled }, $0.count - filled)
        }
        guard count > 0 else { return nil }
        filled += count
    }
    return bytes
}

/// Whether all of `bytes` were written to a new file at `path`.
private func save(_ bytes: [UInt8], to path: String) -> Bool {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { return false }
    var written = 0
    while written < bytes.count {
        let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
        guard count > 0 else { break }
        written += count
    }
    return close(file) == 0 && written == bytes.count
}
