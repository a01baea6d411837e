/// A column of a file of arrays.
struct NpzColumn {
    let name: String
    /// The place of its array among those of the file.
    let array: Int
    /// Its place among the array's columns or fields.
    let index: Int
    let type: NpyType
    /// Where in a row, or in an element that is a record, its value lies.
    let offset: Int
    let rowCount: Int
    /// Its place in messages.
    let title: String
}

/// The columns that a file of arrays offers.
struct NpzCatalog {
    private struct Entry {
        var name: String
        var array: Result<NpzArray, TableError>
    }

    private let source: String
    private let entries: [Entry]

    /// Reads the headers of all arrays. One that is damaged is an error when a column of it is asked for.
    init(_ file: InputFile, _ format: ArrayFormat) throws(TableError) {
        source = file.name
        switch format {
        case .single: entries = [Entry(name: "x", array: .success(try NpzArray(file)))]
        case .archive:
            let archive = try ZipArchive(file)
            var entries: [Entry] = []
            for member in archive.members where member.name.hasSuffix(".npy") {
                let array: Result<NpzArray, TableError>
                do throws(TableError) { array = .success(try NpzArray(member, of: archive)) } catch {
                    array = .failure(error)
                }
                entries.append(Entry(name: NpzArray.columnName(of: member), array: array))
            }
            if entries.isEmpty {
                throw .data(
                    source,
                    "found a zip archive without arrays (members *.npy, as np.savez writes them) among its "
                        + "\(archive.members.count) members; is this another kind of file?")
            }
            self.entries = entries
        }
    }

    /// The array of a column.
    func array(_ column: NpzColumn) throws(TableError) -> NpzArray { try entries[column.array].array.get() }

    /// The columns of the array of two dimensions with this name.
    func columnCount(ofTable name: String) throws(TableError) -> Int {
        guard let entry = entries.first(where: { $0.name == name }) else { throw absent(name + "0") }
        let array = try entry.array.get()
        guard case .plain = array.header.elements, array.header.shape.count == 2 else {
            throw .data(
                source, "\(array.title) has the shape \(array.header.shapeText); a table of rows x columns is needed")
        }
        return array.header.shape[1]
    }

    /// The one column with this name.
    ///
    /// - Throws: ``TableError/Kind/data`` when there is none, more than one, or it cannot be a column.
    func column(named name: String) throws(TableError) -> NpzColumn {
        var found: [NpzColumn] = []
        for (place, entry) in entries.enumerated() {
            switch entry.array {
            case .success(let array):
                if let column = Self.column(named: name, of: array, place) { found.append(column) }
            case .failure(let error):
                if entry.name == name || Self.index(in: name, after: entry.name) != nil { throw error }
            }
        }
        if found.count > 1 {
            throw .data(
                source,
                "column '\(printable(name))': found \(found.count) of this name ("
                    + found.prefix(10).map(\.title).joined(separator: "; ") + (found.count > 10 ? "; ..." : "")
                    + "); rename them")
        }
        guard let column = found.first else { throw absent(name) }
        if column.name.contains("/") || column.name.contains("\\") {
            throw .data(
                source, "\(column.title): its name is a path; name it without one, as np.savez(file, y=...) does")
        }
        if case .refused(let what) = column.type.kind { throw .data(source, "\(column.title) holds \(what)") }
        return column
    }

    private static func column(named name: String, of array: NpzArray, _ place: Int) -> NpzColumn? {
        guard let rowCount = array.rowCount else { return nil }
        switch array.header.elements {
        case .plain(let type):
            let isTable = array.header.shape.count == 2
            if !isTable, case .member = array.place {
                guard name == array.name else { return nil }
                return NpzColumn(
                    name: name, array: place, index: 0, type: type, offset: 0, rowCount: rowCount, title: array.title)
            }
            let count = isTable ? array.header.shape[1] : 1
            guard let index = index(in: name, after: array.name), index < count else { return nil }
            return NpzColumn(
                name: name, array: place, index: index, type: type,
                offset: array.isByColumns ? 0 : index * type.byteCount, rowCount: rowCount,
                title: "\(array.title), column \(index)")
        case .records(let fields):
            guard let index = fields.firstIndex(where: { $0.name == name }) else { return nil }
            return NpzColumn(
                name: name, array: place, index: index, type: fields[index].type, offset: fields[index].offset,
                rowCount: rowCount, title: "\(array.title), field '\(printable(name))'")
        }
    }

    /// The number that follows `prefix` in `name`.
    private static func index(in name: String, after prefix: String) -> Int? {
        guard name.hasPrefix(prefix) else { return nil }
        let digits = name.dropFirst(prefix.count)
        guard let index = Int(digits), String(index) == digits else { return nil }
        return index
    }

    private func absent(_ name: String) -> TableError {
        for case .success(let array) in entries.map(\.array) where array.name == name {
            if case .member = array.place { return .data(source, unusable(array)) }
        }
        let path = entries.first {
            $0.name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) == name
        }
        if let path {
            return .data(
                source,
                "found no column '\(printable(name))', but a member '\(printable(path.name))', whose name is a path; "
                    + "name it without one, as np.savez(file, \(printable(name))=...) does")
        }
        var names: [String] = []
        var count = 0
        for case .success(let array) in entries.map(\.array) {
            let (some, total) = Self.names(of: array)
            names += some.prefix(max(0, 1000 - names.count))
            count += min(total, 1 << 40)
        }
        return .data(source, "found no column '\(printable(name))'\(ColumnNames(names, count: count).hint(for: name))")
    }

    /// Why an array by the name of a wanted column is none.
    private func unusable(_ array: NpzArray) -> String {
        let shape = array.header.shape
        switch array.header.elements {
        case .plain where shape.count == 2:
            let name = printable(array.name)
            return "\(array.title) has \(shape[1]) columns, not one; "
                + (shape[1] > 0 ? "they are called \(name)0 to \(name)\(shape[1] - 1)" : "save it with its values")
        case .plain:
            return "\(array.title) has \(shape.count) dimensions, as its shape \(array.header.shapeText) says; "
                + "columns have one, and tables of them two"
        case .records(let fields):
            return "\(array.title) is a structured array; its fields are columns by their own names: "
                + fields.prefix(40).map { printable($0.name, atMost: 60) }.joined(separator: ", ")
        }
    }

    /// The first names of columns that an array offers, and how many there are.
    private static func names(of array: NpzArray) -> ([String], Int) {
        guard array.rowCount != nil else { return ([], 0) }
        if case .records(let fields) = array.header.elements { return (fields.map(\.name), fields.count) }
        if array.header.shape.count == 1, case .member = array.place { return ([array.name], 1) }
        let count = array.header.shape.count == 2 ? array.header.shape[1] : 1
        return ((0..<min(count, 100)).map { "\(array.name)\($0)" }, count)
    }
}
