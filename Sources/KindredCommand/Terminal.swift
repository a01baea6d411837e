import Glibc

/// The two streams: results go to standard output, everything else to standard error.
enum Terminal {
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    /// Whether messages may be coloured: on a terminal, unless `NO_COLOR` is set.
    static var errorTakesColor: Bool {
        errorIsTerminal && getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
    }

    /// How many characters a line of the terminal behind standard error holds.
    static var errorWidth: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Writes one line to standard error.
    static func writeError(_ line: String) { writeRaw(line + "\n") }

    /// Writes text to standard error as it is. Nothing can be done where that fails.
    static func writeRaw(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = write(STDERR_FILENO, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                sent += count
            }
        }
    }
}

/// Messages at the level the user chose.
struct Messages: Sendable {
    let isQuiet: Bool
    let isVerbose: Bool

    /// What every run says unless `-q`.
    func note(_ line: String) { if !isQuiet { Terminal.writeError(line) } }
    /// What only `-v` says.
    func detail(_ line: String) { if isVerbose { Terminal.writeError(line) } }
    /// What went differently than asked: always said, once.
    func warn(_ line: String) {
        let label = Terminal.errorTakesColor ? "\u{1b}[33mnote:\u{1b}[0m" : "note:"
        Terminal.writeError("\(label) \(line)")
    }
}
