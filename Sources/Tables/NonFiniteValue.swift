/// A field of a column of numbers that spells infinity or no number.
public struct NonFiniteValue: Sendable, Equatable {
    /// Its line in the file, from 1.
    public let line: Int
    /// What stands there.
    public let text: String
}
