import Foundation
import Glibc

/// The built program, run as a child process.
enum Program {
    /// What a run left behind.
    struct Outcome: CustomStringConvertible {
        /// The exit code, or minus the signal that ended the process.
        let code: Int
        let output: Data
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
        var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
        /// What an expectation that fails shows.
        var description: String { "exit code \(code), \(output.count) bytes of output, errors:\n\(errors)" }
    }

    /// The program lies beside the executable that holds the tests.
    static let path: String = {
        var link = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard readlink("/proc/self/exe", &link, link.count - 1) > 0 else { return "kindred" }
        let tests = String(decoding: link.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("kindred").path
    }()

    /// Runs the program to its end.
    ///
    /// - Parameters:
    ///   - environment: variables beside the inherited ones; nil takes one away.
    ///   - input: what standard input holds.
    ///   - output: a file or device that standard output goes to instead of the outcome.
    ///   - largestFile: a limit on the size of any file it writes, in units of 512 bytes.
    static func run(
        _ arguments: [String], in folder: Folder, environment: [String: String?] = [:], input: String = "",
        output: String? = nil, largestFile: Int? = nil, program: String = path
    ) throws -> Outcome {
        // Not pipes: nobody has to empty a file while the program runs.
        let streams = try Folder()
        let inputPath = try streams.write("input", input)
        let child = try Child(
            program: program, arguments, in: folder, environment: environment, input: inputPath,
            output: output ?? streams.path("output"), errors: streams.path("errors"), largestFile: largestFile)
        let code = child.wait()
        return Outcome(
            code: code, output: output == nil ? try streams.data("output") : Data(),
            errors: String(decoding: try streams.data("errors"), as: UTF8.self))
    }

    /// The inherited environment without what would change results, with these changes.
    static func environment(_ changes: [String: String?], in folder: Folder) -> [String] {
        var variables = ProcessInfo.processInfo.environment
        for name in ["KINDRED_DEVICE", "NO_COLOR"] { variables[name] = nil }
        variables["TMPDIR"] = folder.path
        // Measured speeds and compiled kernels are kept between the runs of the tests.
        if variables["KINDRED_CACHE"] == nil {
            variables["KINDRED_CACHE"] =
                URL(fileURLWithPath: path).deletingLastPathComponent()
                .appendingPathComponent("kindred-cache").path
        }
        for (name, value) in changes { variables[name] = value }
        return variables.map { "\($0)=\($1)" }
    }
}
