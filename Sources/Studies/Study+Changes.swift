extension Study {
    /// A study's text with one of its first keys set, `replications` or `draw`: the key's line is replaced, or a line comes
    /// before all others.
    ///
    /// - Parameter value: as TOML has it.
    public static func text(_ text: String, setting key: String, to value: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let top = lines.prefix { !$0.drop { $0 == " " || $0 == "\t" }.hasPrefix("[") }
        let place = top.firstIndex { line in
            let rest = line.drop { $0 == " " || $0 == "\t" }
            guard rest.hasPrefix(key) else { return false }
            return rest.dropFirst(key.count).drop { $0 == " " || $0 == "\t" }.hasPrefix("=")
        }
        let line = "\(key) = \(value)"[...]
        if let place { lines[place] = line } else { lines.insert(line, at: 0) }
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
