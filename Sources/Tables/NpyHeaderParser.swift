/// Reads the Python dictionary of a NumPy header: its three keys and the literals that belong there, nothing more.
struct NpyHeaderParser {
    typealias Failure = NpyHeader.Failure

    private let text: [Unicode.Scalar]
    private var next = 0

    /// The header that a dictionary describes, but for its own length.
    static func header(of text: [Unicode.Scalar]) throws(Failure) -> NpyHeader {
        var parser = NpyHeaderParser(text: text)
        return try parser.header()
    }

    private init(text: [Unicode.Scalar]) { self.text = text }

    private mutating func header() throws(Failure) -> NpyHeader {
        var elements: (NpyHeader.Elements, byteCount: Int)?
        var isFortranOrder: Bool?
        var shape: [Int]?
        try expect("{")
        while !take("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr" where elements == nil: elements = try self.elements()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try bool()
            case "shape" where shape == nil: shape = try numbers()
            default: throw Failure("found the key '\(printable(key, atMost: 60))', which is unknown or comes twice")
            }
            if !take(",") {
                try expect("}")
                break
            }
        }
        skipSpace()
        guard next == text.count else { throw unexpected("its end") }
        guard let elements, let isFortranOrder, let shape else {
            throw Failure("it lacks one of the keys 'descr', 'fortran_order' and 'shape'")
        }
        // A length of 0 hides no absurd one.
        var total = max(1, elements.byteCount)
        for length in shape where length > 0 {
            let (product, isTooLarge) = total.multipliedReportingOverflow(by: length)
            guard !isTooLarge, product < 1 << 60 else {
                throw Failure("its shape \(shape) is of more bytes than there can be")
            }
            total = product
        }
        if elements.byteCount == 0 || shape.contains(0) { total = 0 }
        return NpyHeader(
            elements: elements.0, elementBytes: elements.byteCount, isFortranOrder: isFortranOrder, shape: shape,
            dataBytes: total)
    }

    /// A type's name, or a list of fields.
    private mutating func elements(depth: Int = 0) throws(Failure) -> (NpyHeader.Elements, byteCount: Int) {
        guard depth < 16 else { throw Failure("its records lie more than 16 deep in each other") }
        guard take("[") else {
            let type = try self.type()
            return (.plain(type), type.byteCount)
        }
        var fields: [NpyHeader.Field] = []
        var offset = 0
        while !take("]") {
            try expect("(")
            // A field may have a title before its name.
            var name: String
            if take("(") {
                _ = try string()
                try expect(",")
                name = try string()
                try expect(")")
            } else {
                name = try string()
            }
            try expect(",")
            var type: NpyType
            if peek("[") {
                type = try refusedType(
                    try elements(depth: depth + 1).byteCount, "records in records; save their fields apart")
            } else {
                type = try self.type()
            }
            if take(",") {
                let lengths = try numbers()
                var count = type.byteCount
                for length in lengths {
                    let (product, isTooLarge) = count.multipliedReportingOverflow(by: length)
                    guard !isTooLarge else { throw Failure("the field '\(printable(name))' is too large") }
                    count = product
                }
                type = try refusedType(count, "an array in each record; save it apart")
            }
            try expect(")")
            // Fields without a name fill gaps.
            if !name.isEmpty { fields.append(NpyHeader.Field(name: name, type: type, offset: offset)) }
            let (sum, isTooLarge) = offset.addingReportingOverflow(type.byteCount)
            guard !isTooLarge, sum < 1 << 48 else { throw Failure("its records are too large") }
            offset = sum
            if !take(",") {
                try expect("]")
                break
            }
        }
        return (.records(fields), offset)
    }

    private func refusedType(_ byteCount: Int, _ what: String) throws(Failure) -> NpyType {
        guard var type = NpyType("|V1") else { throw Failure(what) }
        type.kind = .refused(what)
        type.byteCount = byteCount
        return type
    }

    private mutating func type() throws(Failure) -> NpyType {
        let name = try string()
        guard let type = NpyType(name) else {
            throw Failure("found the type '\(printable(name, atMost: 60))', which is unknown")
        }
        return type
    }

    private mutating func bool() throws(Failure) -> Bool {
        if takeWord("True") { return true }
        if takeWord("False") { return false }
        throw unexpected("True or False")
    }

    /// A tuple of whole numbers of at least 0, or one such number.
    private mutating func numbers() throws(Failure) -> [Int] {
        guard take("(") else { return [try number()] }
        var numbers: [Int] = []
        while !take(")") {
            numbers.append(try number())
            guard numbers.count <= 64 else { throw Failure("it has more than 64 dimensions") }
            if !take(",") {
                try expect(")")
                // `(3)` is no tuple.
                guard numbers.count > 1 else { throw Failure("found a shape that is no tuple") }
                break
            }
        }
        return numbers
    }

    private mutating func number() throws(Failure) -> Int {
        skipSpace()
        var digits = ""
        while next < text.count, ("0"..."9").contains(text[next]) {
            digits.unicodeScalars.append(text[next])
            next += 1
        }
        guard !digits.isEmpty else { throw unexpected("a whole number") }
        guard let number = Int(digits) else {
            throw Failure("found \(printable(digits, atMost: 40)), which no array is long")
        }
        // Python 2 marks some whole numbers.
        if next < text.count, text[next] == "L" { next += 1 }
        return number
    }

    private mutating func string() throws(Failure) -> String {
        skipSpace()
        if next + 1 < text.count, text[next] == "u" || text[next] == "b", isQuote(text[next + 1]) { next += 1 }
        guard next < text.count, isQuote(text[next]) else { throw unexpected("a text in quotes") }
        let quote = text[next]
        next += 1
        var result = String.UnicodeScalarView()
        while next < text.count, text[next] != quote {
            let letter = text[next]
            next += 1
            result.append(letter == "\\" ? try escaped() : letter)
        }
        guard next < text.count else { throw unexpected("a quote") }
        next += 1
        return String(result)
    }

    private mutating func escaped() throws(Failure) -> Unicode.Scalar {
        guard next < text.count else { throw unexpected("a quote") }
        let letter = text[next]
        next += 1
        switch letter {
        case "\\", "'", "\"": return letter
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "x", "u", "U":
            let count = letter == "x" ? 2 : letter == "u" ? 4 : 8
            var code: UInt32 = 0
            for _ in 0..<count {
                guard next < text.count, let digit = Character(text[next]).hexDigitValue else {
                    throw unexpected("a hexadecimal digit")
                }
                code = code << 4 | UInt32(digit)
                next += 1
            }
            guard let scalar = Unicode.Scalar(code) else { throw unexpected("a letter") }
            return scalar
        default: throw Failure("found the escape '\\\(printable(String(letter)))', which is unknown")
        }
    }

    private func isQuote(_ letter: Unicode.Scalar) -> Bool { letter == "'" || letter == "\"" }

    private mutating func skipSpace() {
        while next < text.count, text[next] == " " || text[next] == "\n" || text[next] == "\t" { next += 1 }
    }

    private mutating func peek(_ letter: Unicode.Scalar) -> Bool {
        skipSpace()
        return next < text.count && text[next] == letter
    }

    private mutating func take(_ letter: Unicode.Scalar) -> Bool {
        guard peek(letter) else { return false }
        next += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        skipSpace()
        guard text[next...].starts(with: word.unicodeScalars) else { return false }
        next += word.unicodeScalars.count
        return true
    }

    private mutating func expect(_ letter: Unicode.Scalar) throws(Failure) {
        guard take(letter) else { throw unexpected("'\(letter)'") }
    }

    private func unexpected(_ wanted: String) -> Failure {
        var found = String.UnicodeScalarView()
        found.append(contentsOf: text[min(next, text.count)...].prefix(24))
        return Failure(
            found.isEmpty
                ? "it ends where \(wanted) was expected"
                : "found '\(printable(String(found)))' where \(wanted) was expected")
    }
}
