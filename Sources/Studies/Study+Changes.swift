extension Study {
    /// A study's text with one of its keys set: the key's line is replaced, or a line comes first.
    ///
    /// - Parameters:
    ///   - key: one of the first keys, `replications`, or one of a table that the study has, `outliers.share`.
    ///   - value: as TOML has it.
    public static func text(_ text: String, setting key: String, to value: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let path = key.split(separator: ".")
        guard let name = path.last else { return text }
        func content(_ line: Substring) -> Substring { line.drop { $0 == " " || $0 == "\t" } }
        var first = lines.startIndex
        if path.count > 1 {
            let header = "[\(path.dropLast().joined(separator: "."))]"
            guard let place = lines.firstIndex(where: { content($0).hasPrefix(header) }) else {
                preconditionFailure("a study with the table \(header)")
            }
            first = place + 1
        }
        let own = lines[first...].prefix { !content($0).hasPrefix("[") }
        let place = own.firstIndex { line in
            let rest = content(line)
            guard rest.hasPrefix(name) else { return false }
            return content(rest.dropFirst(name.count)).hasPrefix("=")
        }
        let line = "\(name) = \(value)"[...]
        if let place { lines[place] = line } else { lines.insert(line, at: first) }
        return lines.joined(separator: "\n")
    }
}

/// How the data of a study are made.
public enum DrawName: String, CaseIterable, Sendable {
    /// Each task's moments from their distribution: exact, and the cost does not grow with the rows.
    case moments
    /// Row by row.
    case rows
}
