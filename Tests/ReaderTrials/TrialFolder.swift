import Glibc

/// A folder for the one file that a trial reads, in memory where the system has such a place; removed with its file.
package final class TrialFolder {
    package let path: String
    private let file: String

    package init() {
        let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var name = Array("\(place)/kindred-trial-XXXXXX".utf8CString)
        path = mkdtemp(&name) == nil ? place : String(decoding: name.dropLast().map(UInt8.init), as: UTF8.self)
        file = "\(path)/input"
    }

    deinit { remove() }

    /// Removes the folder, for a process that ends without releasing it.
    package func remove() {
        unlink(file)
        unlink("\(path)/output")
        rmdir(path)
    }

    /// Writes the file and returns its path.
    func write(_ bytes: [UInt8]) -> String {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            precondition(count > 0, "the input of a trial is written")
            done += count
        }
        return file
    }

    /// The bytes of a file that has been written to `output`.
    func output(_ write: (String) throws -> Void) rethrows -> [UInt8] {
        let path = "\(path)/output"
        try write(path)
        guard let stream = fopen(path, "r") else { return [] }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, stream)
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
        }
    }
}
