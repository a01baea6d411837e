import Glibc
import Tables

/// Refuses to write a result over a file that it was made from.
///
/// - Throws: ``TableError`` of kind `usage`.
func checkIsAnotherFile(_ output: String?, than inputs: [String]) throws(TableError) {
    guard let output, let written = FileIdentity(output) else { return }
    for input in inputs where FileIdentity(input) == written {
        throw TableError(.usage, "-o \(output): that is the input '\(input)' itself; name another file")
    }
}

/// Which file a path leads to, whatever it is called.
private struct FileIdentity: Equatable {
    let device: dev_t
    let inode: ino_t

    /// Nil where there is no regular file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        device = status.st_dev
        inode = status.st_ino
    }
}
