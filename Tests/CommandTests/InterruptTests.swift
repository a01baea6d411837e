import Foundation
import Glibc
import Testing

@Suite("an interrupted run")
struct InterruptTests {
    /// Starts a fit of standard input and stops it half-way, when it has taken so many rows and waits for more.
    @Test("ends with 130 and leaves nothing half written", arguments: ["x.csv", "new.csv"])
    func interrupted(output: String) throws {
        let folder = try Folder()
        try folder.write("x.csv", "old")
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        // Opened for both: opening waits for nobody, and the pipe stays open when the writing below has ended.
        let pipe = open(folder.path("pipe"), O_RDWR | O_CLOEXEC)
        defer { close(pipe) }
        let child = try Child(
            program: Program.path, ["fit", "-", "-o", output] + SmallTable.fit, in: folder, environment: [:],
            input: folder.path("pipe"), output: "/dev/null", errors: folder.path("errors"))
        // More than a pipe holds: when all is written, the program has read most of it.
        let rows = Array(("task,x,y\n" + String(repeating: "a,1,2\nb,2,1\n", count: 40_000)).utf8)
        var sent = 0
        while sent < rows.count {
            let count = rows[sent...].withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            sent += count
        }
        #expect(sent == rows.count)
        #expect(kill(child.identifier, SIGINT) == 0)
        let code = child.wait(atMost: .seconds(20))
        if code == nil {
            kill(child.identifier, SIGKILL)
            _ = child.wait()
        }
        #expect(code == 130)
        #expect(try folder.text("errors") == "kindred: stopped while reading 'standard input'\n")
        #expect(try folder.names == ["errors", "pipe", "x.csv"])
        #expect(try folder.text("x.csv") == "old")
    }
}
