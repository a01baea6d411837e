import Glibc
import Tables

/// Makes pictures of figures by Python's package vl-convert-python.
enum FigureConverter {
    enum Picture: String {
        case svg, png
    }

    /// Reads a specification and writes the picture; ends with 69 where the package is not there.
    private static let script = """
        import sys
        try:
            import vl_convert
        except ImportError:
            sys.exit(69)
        figures = sys.stdin.read()
        if sys.argv[1] == "svg":
            picture = vl_convert.vegalite_to_svg(figures).encode()
        else:
            picture = vl_convert.vegalite_to_png(figures, scale=2)
        sys.stdout.buffer.write(picture)
        """

    /// - Throws: ``Failure`` where Python or the package is not there: how to get it.
    static func check() throws {
        let nothing = try TemporaryFile()
        _ = try result(
            of:
                "import sys, importlib.util; sys.exit(0 if importlib.util.find_spec('vl_convert') else 69)", [], nothing
        )
    }

    /// - Throws: ``Failure`` where Python or the package is not there, or it cannot draw them.
    static func convert(_ specification: OutputText, to picture: Picture) throws -> [UInt8] {
        let input = try TemporaryFile()
        try input.write(specification.bytes)
        return try result(of: script, [picture.rawValue], input)
    }

    /// What a script of Python makes of its input.
    private static func result(of script: String, _ arguments: [String], _ input: borrowing TemporaryFile) throws
        -> [UInt8]
    {
        let python = getenv("KINDRED_PYTHON").map { String(cString: $0) } ?? "python3"
        let output = try TemporaryFile()
        let code = run([python, "-c", script] + arguments, input: input.descriptor, output: output.descriptor)
        let missingCodes: [Int32] = [69, 127]
        guard !missingCodes.contains(code) else {
            throw Failure(
                code: Failure.noDeviceCode,
                "pictures are drawn by Python's vl-convert-python, which '\(python)' does not have; pip install "
                    + "vl-convert-python, or name a Python that has it in KINDRED_PYTHON")
        }
        guard code == 0 else {
            throw Failure(code: Failure.internalCode, "'\(python)' could not draw the figures (exit code \(code))")
        }
        return output.bytes
    }

    /// The exit code; 127 where there is no such program.
    private static func run(_ words: [String], input: Int32, output: Int32) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        let arguments = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        var identifier = pid_t()
        guard posix_spawnp(&identifier, words[0], &actions, nil, arguments + [nil], environ) == 0 else { return 127 }
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }
}

/// A file without a name, gone when released.
private struct TemporaryFile: ~Copyable {
    let descriptor: Int32

    init() throws {
        // mkstemp puts characters of its own in the place of the six X.
        var name = Array("\(ScratchFile.usualFolder)/kindred-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        guard descriptor >= 0 else {
            throw TableError(
                .cannotWrite,
                "cannot make a file in '\(ScratchFile.usualFolder)': \(String(cString: strerror(errno))); set TMPDIR to a "
                    + "folder that can be written")
        }
        unlink(name)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(descriptor) }

    /// Writes from the start, and goes back there.
    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(sent)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw TableError(
                    .cannotWrite,
                    "cannot write to '\(ScratchFile.usualFolder)': \(String(cString: strerror(errno))); set TMPDIR to "
                        + "another folder")
            }
            sent += count
        }
    }

    var bytes: [UInt8] {
        var bytes = Array(repeating: UInt8(0), count: Int(max(0, lseek(descriptor, 0, SEEK_END))))
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, off_t(done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            done += count
        }
        return Array(bytes[..<done])
    }
}
