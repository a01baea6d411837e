/// A value of a study file, with the line it stands on.
struct StudyValue: Sendable {
    indirect enum Content: Sendable {
        case text(String)
        case integer(Int)
        case number(Double)
        case flag(Bool)
        case list([StudyValue])
        case table(StudyTable)
        /// A date or a time, which no study has a use for.
        case other(String)
    }

    var content: Content
    var line: Int

    /// How messages call what was found.
    var found: String {
        switch content {
        case .text(let text): "\"\(text)\""
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .flag(let value): "\(value)"
        case .list: "a list"
        case .table: "a table"
        case .other(let kind): "a \(kind)"
        }
    }
}

/// The keys of one table of a study file with their values, in the order of the file.
struct StudyTable: Sendable {
    var entries: [(key: String, value: StudyValue)] = []
    var line: Int

    subscript(key: String) -> StudyValue? {
        get { entries.first { $0.key == key }?.value }
        set {
            let place = entries.firstIndex { $0.key == key }
            switch (place, newValue) {
            case (let place?, let value?): entries[place].value = value
            case (let place?, nil): entries.remove(at: place)
            case (nil, let value?): entries.append((key, value))
            case (nil, nil): break
            }
        }
    }

    /// Puts a value in the place that a path of keys leads to, making the tables on the way.
    ///
    /// - Returns: the first part of the path that leads to something else than a table, or nil.
    mutating func set(_ value: StudyValue, at path: ArraySlice<String>) -> String? {
        guard let key = path.first else { return nil }
        if path.count == 1 {
            self[key] = value
            return nil
        }
        var inner: StudyTable
        switch self[key]?.content {
        case .table(let table)?: inner = table
        case nil: inner = StudyTable(line: value.line)
        default: return key
        }
        if let wrong = inner.set(value, at: path.dropFirst()) { return "\(key).\(wrong)" }
        self[key] = StudyValue(content: .table(inner), line: self[key]?.line ?? value.line)
        return nil
    }
}
