import Glibc
import Tables

/// What the parts of a study's folder need of the file system.
enum FolderFiles {
    /// A file's bytes, nil where there is none.
    static func read(_ path: String) throws(TableError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw TableError(.noInput, "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = Array(repeating: UInt8(0), count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 { bytes += buffer[..<count] }
            if count == 0 { return bytes }
            if count < 0, errno != EINTR {
                throw TableError(.noInput, "cannot read '\(path)': \(String(cString: strerror(errno)))")
            }
        }
    }

    /// The names in a folder, sorted; nil where there is no such folder.
    static func names(in folder: String) -> [String]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes a folder unless it is there, and those that it is in.
    static func make(_ folder: String) throws(TableError) {
        if mkdir(folder, 0o777) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            try make(String(folder[..<slash]))
        }
        if mkdir(folder, 0o777) != 0, errno != EEXIST {
            throw TableError(
                .cannotWrite, "cannot make the folder '\(folder)': \(String(cString: strerror(errno))); name another")
        }
    }

    /// Writes a file whole or not at all.
    static func write(_ text: OutputText, to path: String) throws(TableError) {
        let file = try OutputFile(path: path)
        try file.write(text)
        try file.finish()
    }
}

extension StudyFolder {
    /// A fresh folder in `$TMPDIR`, or `/tmp`.
    public static func temporary() throws(TableError) -> StudyFolder {
        let parent = ScratchFile.usualFolder
        // mkdtemp puts characters of its own in the place of the six X.
        var template = Array("\(parent)/kindred-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TableError(
                .cannotWrite, "cannot make a folder in '\(parent)': \(String(cString: strerror(errno))); set TMPDIR")
        }
        return StudyFolder(path: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// Removes the folder with all that a sweep has written there.
    public func remove() {
        for folder in [partsPath, runsPath, path] {
            for name in FolderFiles.names(in: folder) ?? [] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
    }
}
