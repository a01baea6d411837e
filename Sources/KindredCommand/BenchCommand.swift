import ArgumentParser
import Benchmarks
import Compute
import Engine

/// `kindred bench`: how fast a device is.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time every operation on a device beside what the device does at best.")

    @Option(help: ArgumentHelp("Which device.", valueName: "device"))
    var device: String?

    @Argument
    var job: [String] = []

    func run() throws {
        try Failure.translating {
            let job = try PeerJob(arguments: self.job)
            let choice = try DeviceChoice.asked(for: device)
            let session = try Session(choice: choice, precision: job.precision, parallel: Parallel())
            let run = BenchJob(benchmark: job.benchmark)
            let workload = Workload(rowCount: 1, featureCount: 1, passCount: 1, precision: job.precision)
            let stopwatch = try session.perform(run, workload: workload)
            print(
                "\(job.benchmark.name) \(job.benchmark.size): cpu/2 \(Int(stopwatch.processorMinimum * 5e5)) us, median \(Int(stopwatch.median * 1e6)) us, least",
                stopwatch.minimum * 1e3)
        }
    }
}

struct PeerJob {
    let benchmark: any Benchmark
    let precision: Precision

    init(arguments: [String]) throws {
        var sizes: [String: Int] = [:]
        var precision = Precision.double
        for argument in arguments.dropFirst() {
            let parts = argument.split(separator: "=")
            if parts.count == 2, let size = Int(parts[1]) { sizes[String(parts[0])] = size }
            if argument == "float32" { precision = .float }
        }
        self.precision = precision
        func size(_ name: String) -> Int { sizes[name] ?? 1 }
        let problem = ProblemSize(taskCount: size("M"), rowsPerTask: size("n"), featureCount: size("d"))
        switch arguments.first {
        case "A-ols": benchmark = LeastSquaresJob(problem)
        case "B-grad": benchmark = GradientJob(problem)
        case "C-median": benchmark = MedianJob(taskCount: size("M"), width: size("d"), isWeighted: false)
        case "C-wmedian": benchmark = MedianJob(taskCount: size("M"), width: size("d"), isWeighted: true)
        case "D-prox200": benchmark = ProximalStepsJob(taskCount: size("M"), order: size("d"))
        default: throw ValidationError("no such job")
        }
    }
}

struct BenchJob: Job {
    let benchmark: any Benchmark

    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Stopwatch {
        var stopwatch = Stopwatch()
        try benchmark.run(on: backend, reference: reference, &stopwatch)
        return stopwatch
    }
}
