/// `text` as it may stand in a one-line message: control characters and Unicode's ends of lines written out, long text
/// cut.
package func printable(_ text: some StringProtocol, atMost limit: Int = 200) -> String {
    var line = ""
    for (index, character) in text.unicodeScalars.enumerated() {
        guard index < limit else { return line + "..." }
        switch character {
        case "\n": line += "\\n"
        case "\r": line += "\\r"
        case "\t": line += "\\t"
        default:
            switch character.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                line += "\\u{\(String(character.value, radix: 16))}"
            default: line.unicodeScalars.append(character)
            }
        }
    }
    return line
}

/// A field's bytes as they may stand in a one-line message.
func printable(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    printable(String(decoding: bytes.prefix(256), as: UTF8.self), atMost: 60)
}

extension TableError {
    /// Bad data at a line of the file.
    static func data(_ source: String, line: Int, _ message: String) -> TableError {
        TableError(.data, "\(printable(source)):\(line): \(message)")
    }

    /// Bad data of the file as a whole.
    static func data(_ source: String, _ message: String) -> TableError {
        TableError(.data, "\(printable(source)): \(message)")
    }
}
