import ArgumentParser
import Compute
import Engine
import Glibc

/// Options of every command that does work: where, how precisely, with how much of the machine, how loudly.
struct RunOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to compute: auto, cpu, gpu, gpu:1, opencl:P.D or part of a device's name (default: $KINDRED_DEVICE, else auto).",
            valueName: "device"))
    var device: String?

    @Option(help: ArgumentHelp("double or float.", valueName: "scalar"))
    var precision: PrecisionName = .double

    @Option(help: ArgumentHelp("Threads of the CPU path and of reading (default: one a core).", valueName: "count"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "Memory for the table, as 512M or 8G; what is larger goes to a scratch file in $TMPDIR (default: half of RAM).",
            valueName: "size"))
    var memory: ByteSize?

    @Flag(name: .shortAndLong, help: "Say nothing but warnings and errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more: the device and why, timings, conditions.")
    var verbose = false

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads \(threads): at least one thread is needed") }
    }

    var messages: Messages { Messages(isQuiet: quiet, isVerbose: verbose) }
    var parallel: Parallel { threads.map { Parallel(threadCount: $0) } ?? Parallel() }
    var memoryBytes: Int { memory?.bytes ?? ByteSize.halfOfMemory }

    func deviceChoice() throws(ComputeError) -> DeviceChoice {
        if let device { return try DeviceChoice(parsing: device) }
        return try DeviceChoice.fromEnvironment()
    }
}

enum PrecisionName: String, ExpressibleByArgument, CaseIterable {
    case double, float

    var precision: Precision { self == .double ? .double : .float }
}

/// A number of bytes as users write it: `64M`, `8G`, `500000`.
struct ByteSize: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        var digits = argument.uppercased()
        if digits.hasSuffix("B") { digits.removeLast() }
        var unit = 1.0
        for (suffix, size) in [("K", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)] where digits.hasSuffix(suffix) {
            digits.removeLast()
            unit = size
            break
        }
        guard let value = Double(digits), value.isFinite, value > 0, value * unit < 9e18 else { return nil }
        bytes = Int(value * unit)
    }

    static var halfOfMemory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) / 2 }
}
