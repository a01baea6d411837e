/// What stands before the elements of a NumPy array: their type, the array's shape and its order.
struct NpyHeader: Equatable {
    /// A field of an element that is a record.
    struct Field: Equatable {
        var name: String
        var type: NpyType
        /// Where in the element it lies.
        var offset: Int
    }

    enum Elements: Equatable {
        case plain(NpyType)
        case records([Field])
    }

    var elements: Elements
    /// The bytes of an element.
    var elementBytes: Int
    /// Whether the first index changes fastest.
    var isFortranOrder: Bool
    var shape: [Int]
    /// The bytes of the header itself.
    var byteCount: Int
    /// The bytes of all elements.
    var dataBytes: Int

    static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
    private static let longestText = 1 << 20

    /// Why a header cannot be read.
    struct Failure: Error {
        var reason: String

        init(_ reason: String) { self.reason = reason }
    }

    /// Reads a header from the start of an array's bytes.
    ///
    /// - Parameter bytes: brings the next so many bytes.
    init(reading bytes: (Int) throws(TableError) -> [UInt8], fail: (String) -> TableError) throws(TableError) {
        let opening = try bytes(8)
        guard opening.starts(with: Self.magic) else { throw fail("it does not begin as a NumPy array does") }
        let version = opening[6]
        guard (1...3).contains(version), opening[7] == 0 else {
            throw fail("its format is \(version).\(opening[7]), but only 1.0, 2.0 and 3.0 are known")
        }
        let lengthBytes = version == 1 ? 2 : 4
        let length = Int(try bytes(lengthBytes).littleEndian(lengthBytes))
        guard length <= Self.longestText else { throw fail("its header should have \(length) bytes, which none has") }
        let text = try bytes(length)
        let letters: [Unicode.Scalar]
        if version == 3 {
            guard let unicode = String(validating: text, as: UTF8.self) else { throw fail("its header is not UTF-8") }
            letters = Array(unicode.unicodeScalars)
        } else {
            letters = text.map { Unicode.Scalar($0) }
        }
        do throws(Failure) {
            self = try NpyHeaderParser.header(of: letters)
        } catch {
            throw fail("its header cannot be read: \(error.reason)")
        }
        byteCount = 8 + lengthBytes + length
    }

    init(elements: Elements, elementBytes: Int, isFortranOrder: Bool, shape: [Int], dataBytes: Int) {
        self.elements = elements
        self.elementBytes = elementBytes
        self.isFortranOrder = isFortranOrder
        self.shape = shape
        self.dataBytes = dataBytes
        byteCount = 0
    }

    /// What makes the array no columns at all, whatever its shape.
    var refusal: String? {
        if case .plain(let type) = elements, case .refused(let reason) = type.kind { reason } else { nil }
    }
}
