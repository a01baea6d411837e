import CToml

/// The text of a study file: TOML, read into values that know their lines.
struct StudyText: Sendable {
    let file: String
    let text: String
    let root: StudyTable

    /// - Throws: ``StudyError`` where the text is not TOML.
    init(_ text: String, file: String) throws(StudyError) {
        self.file = file
        self.text = text
        var builder = StudyBuilder()
        var error = kindred_toml_error()
        let isRead = withUnsafeMutablePointer(to: &builder) { builder in
            Array(text.utf8).withUnsafeBytes { bytes in
                kindred_toml_read(
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, builder,
                    { context, piece in
                        guard let piece else { return }
                        context?.assumingMemoryBound(to: StudyBuilder.self).pointee.add(piece.pointee)
                    }, &error)
            }
        }
        guard isRead, let root = builder.root else {
            let message = withUnsafeBytes(of: &error.message) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw StudyError(file: file, line: Int(error.line), "this is not TOML: \(message)")
        }
        self.root = root
    }
}

/// Puts the pieces that the TOML library hands over together.
private struct StudyBuilder {
    private struct Level {
        let key: String?
        let line: Int
        let isTable: Bool
        var entries: [(key: String, value: StudyValue)] = []
        var elements: [StudyValue] = []
    }

    private var levels: [Level] = []
    private(set) var root: StudyTable?

    mutating func add(_ piece: kindred_toml_piece) {
        let key = piece.key.map { String(cString: $0) }
        let line = Int(piece.line)
        switch piece.kind {
        case kindred_toml_table, kindred_toml_list:
            levels.append(Level(key: key, line: line, isTable: piece.kind == kindred_toml_table))
        case kindred_toml_end: close()
        case kindred_toml_text: place(.text(text(of: piece)), key, line)
        case kindred_toml_integer: place(.integer(Int(piece.integer)), key, line)
        case kindred_toml_number: place(.number(piece.number), key, line)
        case kindred_toml_flag: place(.flag(piece.flag), key, line)
        default: place(.other(text(of: piece)), key, line)
        }
    }

    private func text(of piece: kindred_toml_piece) -> String {
        String(decoding: UnsafeRawBufferPointer(start: piece.text, count: piece.text_length), as: UTF8.self)
    }

    private mutating func close() {
        guard let level = levels.popLast() else { return }
        guard level.isTable else { return place(.list(level.elements), level.key, level.line) }
        // The library gives keys in the order of the alphabet, studies in that of the file.
        let entries = level.entries.enumerated().sorted {
            ($0.element.value.line, $0.offset) < ($1.element.value.line, $1.offset)
        }
        let table = StudyTable(entries: entries.map(\.element), line: level.line)
        if levels.isEmpty { root = table } else { place(.table(table), level.key, level.line) }
    }

    private mutating func place(_ content: StudyValue.Content, _ key: String?, _ line: Int) {
        let value = StudyValue(content: content, line: line)
        guard let last = levels.indices.last else { return }
        if let key { levels[last].entries.append((key, value)) } else { levels[last].elements.append(value) }
    }
}
