import Benchmarks
import Compute
import Engine
import Tables

/// One run of `kindred bench`.
struct BenchRun {
    let command: BenchCommand

    func run() throws {
        if let job = try ComparedJob(arguments: command.job) { return try runOne(job) }
        let precision = command.options.precision.precision
        let target = try target(precision)
        var report = BenchReport(target: target, precision: precision, speeds: try speeds(of: target))
        if !command.json { try OutputFile.show(report.heading) }
        for benchmark in command.selected {
            let row = BenchRow(benchmark, try time(benchmark, precision, on: target), report.ceilings)
            report.rows.append(row)
            // Each line is shown at once: some take seconds.
            if !command.json { try OutputFile.show(row.line) }
            if Signals.isInterrupted { throw ComputeError.interrupted }
        }
        if command.json { try OutputFile.show(report.json) }
    }

    /// One line whose last word is the milliseconds of one run.
    private func runOne(_ job: ComparedJob) throws {
        let target = try target(job.precision)
        let stopwatch = try time(job.benchmark, job.precision, on: target)
        let benchmark = job.benchmark
        try OutputFile.show(
            """
            \(benchmark.name) \(benchmark.size), \(job.precision.rawValue), \(target.selector): \
            median \(BenchRow.milliseconds(stopwatch.median)), processor \
            \(BenchRow.milliseconds(stopwatch.processorMinimum)), least \(BenchRow.milliseconds(stopwatch.minimum))

            """)
    }

    /// What `auto` takes: GPUs, or else the CPU path.
    private func target(_ precision: Precision) throws -> DeviceTarget {
        let choice = try command.options.place.deviceChoice()
        let target = DeviceTarget(devices: try choice.resolve(among: Device.all()))
        if precision == .double, !target.hasDouble { throw ComputeError.doubleUnsupported(device: target.name) }
        return target
    }

    private var stopwatch: Stopwatch {
        Stopwatch(repeats: command.repeats, leastSeconds: command.quick ? 0.02 : 0.2)
    }

    private func speeds(of target: DeviceTarget) throws(ComputeError) -> DeviceSpeeds {
        guard let device = target.devices.first else { return .ofCPUPath(Parallel(), isAfresh: true) }
        return try DeviceSpeeds(of: device, isAfresh: true)
    }

    private func time(
        _ benchmark: any Benchmark, _ precision: Precision, on target: DeviceTarget
    ) throws(ComputeError) -> Stopwatch {
        let session = try Session(
            choice: target.choice, devices: target.devices, precision: precision, parallel: Parallel(),
            notify: { _ in })
        return try session.perform(
            TimedJob(benchmark: benchmark, stopwatch: stopwatch), on: target.devices)
    }
}

/// A benchmark as a session's job.
private struct TimedJob: Job {
    let benchmark: any Benchmark
    let stopwatch: Stopwatch

    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Stopwatch {
        var stopwatch = stopwatch
        try benchmark.run(on: backend, reference: reference, &stopwatch)
        return stopwatch
    }
}
