/// Why a table could not be read or a result could not be written: one line for the user.
public struct TableError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; each has its exit code.
    public enum Kind: Sendable {
        /// The request itself is wrong: an option, a formula.
        case usage
        /// The data are wrong.
        case data
        /// The input does not exist or cannot be opened.
        case noInput
        /// The output, or what is put aside on the way to it, cannot be written.
        case cannotWrite
        /// The program that reads standard output has ended, as `head` does: nobody is left to tell.
        case readerGone
        /// The user stopped the run.
        case interrupted
    }

    public let kind: Kind
    /// Names the file, line and column, what was found and what to do.
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
