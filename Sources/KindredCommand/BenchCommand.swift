import ArgumentParser
import Benchmarks
import Compute
import Engine
import Tables

/// `kindred bench`: how fast a device is, and how near to what it can do at best.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time every operation on a device beside what the device does at best.",
        usage: "kindred bench [<options>] [<job> <size> ...]",
        discussion: """
            Makes random data, runs each operation and some whole fits on it, and shows the least and the median time of \
            repeated runs; how many bytes and operations a second that is, counting each array once; and how many times \
            the floor, which is the longer of moving the bytes at the device's measured reading speed and computing at \
            its measured peak.

              kindred bench
              kindred bench --device cpu --precision float --only "least squares"

            One job of any size, with the milliseconds of one run as the last word, for scripts that compare programs:

              kindred bench A-ols M=10000 n=100 d=20 float64
              kindred bench C-wmedian M=1000000 d=20 float32

            M is the number of tasks, n of rows in each, d of features. Jobs: A-ols (least squares), B-grad (gradient of \
            the squared loss), C-median, C-wmedian (weighted), D-prox200 (200 proximal steps on moments).
            """)

    @OptionGroup var options: DeviceOptions

    @Option(help: ArgumentHelp("Only what has this in its name or size.", valueName: "text"))
    var only: String?

    @Option(help: ArgumentHelp("How often each is run, at least.", valueName: "count"))
    var repeats = 5

    @Flag(help: "A tenth as many tasks, timed for a tenth as long.")
    var quick = false

    @Flag(help: "Write the results as JSON.")
    var json = false

    @Argument(help: .hidden)
    var job: [String] = []

    func validate() throws {
        if repeats < 1 { throw ValidationError("--repeats \(repeats): at least 1") }
        if let text = only, selected.isEmpty { throw ValidationError("--only '\(text)': nothing has that in its name") }
        if !job.isEmpty, json || quick || only != nil {
            throw ValidationError("--json, --quick and --only are for the table, not for one job")
        }
        _ = try ComparedJob(arguments: job)
    }

    /// What the table has.
    var selected: [any Benchmark] {
        let all = Benchmarks.all(isQuick: quick)
        guard let only = only?.lowercased() else { return all }
        return all.filter { "\($0.name)  \($0.size)".lowercased().contains(only) }
    }

    func run() throws { try Failure.translating { try BenchRun(command: self).run() } }
}

/// One job, as `A-ols M=10000 n=100 d=20 float64`.
struct ComparedJob {
    let benchmark: any Benchmark
    let precision: Precision

    /// Nil where there are no arguments.
    init?(arguments: [String]) throws {
        guard let name = arguments.first else { return nil }
        var sizes: [String: Int] = [:]
        var precision = Precision.double
        for argument in arguments.dropFirst() {
            let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
            if let scalar = Self.scalars[argument] {
                precision = scalar
            } else if parts.count == 2, ["M", "n", "d"].contains(parts[0]), let size = Int(parts[1]), size > 0 {
                sizes[String(parts[0])] = size
            } else {
                throw ValidationError("'\(argument)': a size is M=10000, n=100 or d=20, a scalar float64 or float32")
            }
        }
        let needsRows = name == "A-ols" || name == "B-grad"
        for key in needsRows ? ["M", "n", "d"] : ["M", "d"] where sizes[key] == nil {
            throw ValidationError("\(name) needs \(key)=, as in 'A-ols M=10000 n=100 d=20 float64'")
        }
        guard
            let benchmark = Benchmarks.compared(
                name, taskCount: sizes["M"] ?? 1, rowsPerTask: sizes["n"] ?? 1, width: sizes["d"] ?? 1)
        else {
            throw ValidationError("'\(name)': jobs are A-ols, B-grad, C-median, C-wmedian and D-prox200")
        }
        // Rows or matrices in double, and copies of them while they are made; as a real number, which does not overflow.
        let rows = needsRows ? Double(sizes["n"] ?? 1) : Double(sizes["d"] ?? 1)
        let bytes = 24 * Double(sizes["M"] ?? 1) * rows * Double((sizes["d"] ?? 1) + 1)
        if bytes > Double(2 * ByteSize.halfOfMemory) {
            throw ValidationError(
                "\(name) of that size needs some \(shortNumber(bytes / 1e9)) GB, more than there is here")
        }
        self.benchmark = benchmark
        self.precision = precision
    }

    private static let scalars: [String: Precision] = ["float64": .double, "float32": .float]
}
