import Studies

/// A small study, of which tests replace or add lines.
enum SmallStudy {
    static let lines = [
        "name = \"small\"",
        "replications = 4",
        "metrics = [\"mean-l2\"]",
        "[design]",
        "tasks = 6",
        "rows = 20",
        "features = 3",
        "[coefficients]",
        "structure = \"sphere\"",
        "spread = 0.5",
        "[[methods]]",
        "name = \"itl\"",
        "[[methods]]",
        "name = \"pool\"",
    ]

    /// The text with the line that begins like `old` replaced, and further lines at the end.
    static func text(replacing old: String? = nil, with new: String = "", adding more: [String] = []) -> String {
        let replaced = lines.map { line in
            if let old, line.hasPrefix(old) { return new }
            return line
        }
        return (replaced + more).joined(separator: "\n") + "\n"
    }
}
