import Tables

extension OutputText {
    /// Words as HTML shows them.
    mutating func append(html text: String) { append(Self.escaped(text)) }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// A program as an element `script` holds it: nothing in it ends the element or hides its end.
    ///
    /// Such text occurs within strings alone, where a backslash before the second character changes nothing.
    mutating func append(script bytes: [UInt8]) {
        var start = 0
        for place in bytes.indices where bytes[place] == UInt8(ascii: "<") {
            let next = String(decoding: bytes[(place + 1)..<min(place + 8, bytes.count)], as: UTF8.self).lowercased()
            guard next.hasPrefix("/script") || next.hasPrefix("!--") else { continue }
            append(bytes: Array(bytes[start...place]))
            append("\\")
            start = place + 1
        }
        append(bytes: Array(bytes[start...]))
    }

    /// A table, its first columns words and the others numbers.
    mutating func append(table header: [String], words: Int, rows: [[String]]) {
        append("<div class=\"scroll\"><table>\n<thead><tr>")
        for (column, name) in header.enumerated() { append(cell: "th", name, isNumber: column >= words) }
        append("</tr></thead>\n<tbody>\n")
        for row in rows {
            append("<tr>")
            for (column, text) in row.enumerated() { append(cell: "td", text, isNumber: column >= words) }
            append("</tr>\n")
        }
        append("</tbody></table></div>\n")
    }

    private mutating func append(cell tag: String, _ text: String, isNumber: Bool) {
        append(isNumber ? "<\(tag) class=\"number\">" : "<\(tag)>")
        append(html: text)
        append("</\(tag)>")
    }
}
