import Foundation
import Glibc

/// A child process whose standard streams are files.
final class Child {
    struct CannotStart: Error { let code: Int32 }

    let identifier: pid_t

    init(
        program: String, _ arguments: [String], in folder: Folder, environment: [String: String?], input: String,
        output: String, errors: String, largestFile: Int? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // Worker threads, which tests run on, block signals; a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        // A shell that becomes the program: it sets what belongs to the process.
        let script = "cd \"$1\" && ulimit -f \"$2\" && shift 2 && exec \"$@\""
        let limit = largestFile.map(String.init) ?? "unlimited"
        let words = ["/bin/sh", "-c", script, "sh", folder.path, limit, program] + arguments
        let variables = Program.environment(environment, in: folder)
        var identifier = pid_t()
        let code = withStrings(words) { words in
            withStrings(variables) { variables in
                posix_spawn(&identifier, "/bin/sh", &actions, &attributes, words, variables)
            }
        }
        guard code == 0 else { throw CannotStart(code: code) }
        self.identifier = identifier
    }

    /// Waits for the end: the exit code, or minus the signal.
    func wait() -> Int {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        return Self.code(status)
    }

    /// Waits for the end, but no longer than this; nil when the process goes on.
    func wait(atMost limit: Duration) -> Int? {
        let end = ContinuousClock.now + limit
        var status: Int32 = 0
        while ContinuousClock.now < end {
            if waitpid(identifier, &status, WNOHANG) == identifier { return Self.code(status) }
            usleep(2000)
        }
        return nil
    }

    private static func code(_ status: Int32) -> Int {
        let signal = status & 0x7f
        return signal == 0 ? Int(status >> 8) & 0xff : -Int(signal)
    }
}

/// Calls `body` with the strings as C wants them, ended by a null pointer.
private func withStrings(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32) -> Int32 {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
