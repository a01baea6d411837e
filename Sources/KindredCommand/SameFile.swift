import Glibc
import Tables

/// Refuses to write a result over a file that it was made from.
///
/// - Parameter option: what names the output.
/// - Throws: ``TableError`` of kind `usage`.
func checkIsAnotherFile(
    _ output: String?, named option: String = "-o", than inputs: [String]
) throws(TableError) {
    guard let output, let written = FileIdentity(output) else { return }
    for input in inputs where FileIdentity(input) == written {
        throw TableError(.usage, "\(option) \(output): that is the input '\(input)' itself; name another file")
    }
}

/// Refuses to write two results to one file, also where it is not there yet.
///
/// - Throws: ``TableError`` of kind `usage`.
func checkIsAnotherOutput(
    _ output: String?, named option: String, than other: String?, named otherOption: String
) throws(TableError) {
    guard let output, let other, let identity = FileIdentity(output), FileIdentity(other) == identity else { return }
    throw TableError(.usage, "\(option) \(output): \(otherOption) writes to that file too; name another one")
}

/// Which file a path leads to, whatever it is called.
private enum FileIdentity: Equatable {
    case file(device: dev_t, inode: ino_t)
    /// One that is not there: its folder and its name in it.
    case name(String, device: dev_t, inode: ino_t)

    /// Nil where there is neither a regular file nor a folder that it could be in.
    init?(_ path: String) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else { return nil }
            self = .file(device: status.st_dev, inode: status.st_ino)
            return
        }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard stat(folder, &status) == 0 else { return nil }
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        self = .name(name, device: status.st_dev, inode: status.st_ino)
    }
}
