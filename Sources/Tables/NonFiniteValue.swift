/// A value of a column of numbers that is infinite or no number.
public struct NonFiniteValue: Sendable, Equatable {
    public let place: TablePlace
    /// What stands there.
    public let text: String
}

/// Where in a table something stands, as messages say it.
public enum TablePlace: Sendable, Equatable, CustomStringConvertible {
    /// A line of a text, from 1.
    case line(Int)
    /// An element of an array, from 0.
    case element(Int)

    public var description: String {
        switch self {
        case .line(let number): "line \(number)"
        case .element(let index): "element \(index)"
        }
    }

    /// Whether it comes before another place of the same table.
    public func isBefore(_ other: TablePlace) -> Bool { order < other.order }

    private var order: Int {
        switch self {
        case .line(let order), .element(let order): order
        }
    }
}
