import ArgumentParser
import Compute

/// Options of every command that reads a table: with how much of the machine, how loudly.
struct RunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many threads work. (default: one a core)", valueName: "count"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            """
            Memory for the table, and for the moments of tasks, as 512M or 8G. A larger table goes to a scratch file in \
            $TMPDIR; tasks whose moments need more are worked on a part at a time. (default: half of the machine's)
            """,
            valueName: "size"))
    var memory: ByteSize?

    @Flag(name: .shortAndLong, help: "Say nothing but warnings and errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more than usual, as which device and why.")
    var verbose = false

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads \(threads): at least one thread is needed") }
        if quiet, verbose { throw ValidationError("-q and -v: choose one of them") }
    }

    var messages: Messages { Messages(isQuiet: quiet, isVerbose: verbose) }
    var parallel: Parallel { threads.map { Parallel(threadCount: $0) } ?? Parallel() }
    var memoryBytes: Int { memory?.bytes ?? ByteSize.halfOfMemory }
}
