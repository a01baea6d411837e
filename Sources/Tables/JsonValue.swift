/// A value of JSON. Numbers keep their spelling, so that any integer and any double reads back as it was.
public enum JsonValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(spelling: String)
    case string(String)
    case array([JsonValue])
    case object([Member])

    public struct Member: Sendable, Equatable {
        public let name: String
        public let value: JsonValue

        public init(_ name: String, _ value: JsonValue) {
            self.name = name
            self.value = value
        }
    }

    /// A number, or null unless it is finite.
    public static func number(_ number: Double) -> JsonValue {
        number.isFinite ? .number(spelling: number.description) : .null
    }

    public static func integer(_ integer: some BinaryInteger) -> JsonValue { .number(spelling: String(integer)) }

    public var double: Double? { if case .number(let spelling) = self { Double(spelling) } else { nil } }
    public var int: Int? { if case .number(let spelling) = self { Int(spelling) } else { nil } }
    public var uint64: UInt64? { if case .number(let spelling) = self { UInt64(spelling) } else { nil } }
    public var string: String? { if case .string(let string) = self { string } else { nil } }
    public var array: [JsonValue]? { if case .array(let elements) = self { elements } else { nil } }
    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// The value of an object's member.
    public subscript(name: String) -> JsonValue? { members?.last { $0.name == name }?.value }
}

extension JsonValue {
    /// Reads a file of JSON.
    ///
    /// - Returns: nil where it is none.
    package init?(parsing bytes: [UInt8]) {
        var reader = JsonReader(bytes, source: "")
        do throws(TableError) {
            self = try reader.value()
            try reader.end()
        } catch {
            return nil
        }
    }
}

extension OutputText {
    /// A value on one line.
    public mutating func append(json value: JsonValue) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .number(let spelling): append(spelling)
        case .string(let string): append(json: string)
        case .array(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { append(", ") }
                append(json: element)
            }
            append("]")
        case .object(let members):
            append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { append(", ") }
                append(json: member.name)
                append(": ")
                append(json: member.value)
            }
            append("}")
        }
    }
}
