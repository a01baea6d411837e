/// What is wrong with a study: one line that names the file, the line, what was found and what to do.
public struct StudyError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    init(file: String, line: Int, _ message: String) { self.init("\(file):\(line): \(message)") }
}
