/// What holds NumPy's arrays: an archive of them, or one alone.
enum ArrayFormat {
    case archive, single

    /// Tells by a file's first bytes, or else by its name, whether it holds arrays; nil for a text.
    ///
    /// - Throws: ``TableError/Kind/noInput`` for a pipe with such a name.
    init?(of file: InputFile) throws(TableError) {
        let name = file.name.lowercased()
        let named: ArrayFormat? = name.hasSuffix(".npz") ? .archive : name.hasSuffix(".npy") ? .single : nil
        guard let byteCount = file.byteCount else {
            guard named != nil else { return nil }
            throw TableError(
                .noInput, "cannot read '\(printable(file.name))': it is a pipe; arrays are read from a file on disk")
        }
        let opening = try file.bytes(0..<min(byteCount, 8))
        guard let format = opening.withUnsafeBufferPointer({ ArrayFormat(openingOf: $0) }) ?? named else { return nil }
        self = format
    }

    /// Tells by the first bytes alone.
    init?(openingOf bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.starts(with: NpyHeader.magic) {
            self = .single
        } else if bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) {
            self = .archive
        } else {
            return nil
        }
    }
}
