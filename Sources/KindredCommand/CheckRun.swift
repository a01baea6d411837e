import Checks
import Compute
import Engine
import Tables

/// One run of `kindred check`: each device in turn, in each scalar.
struct CheckRun {
    let command: CheckCommand

    func run() throws {
        var reports: [CheckReport] = []
        for target in try targets() {
            if !reports.isEmpty { try show("\n") }
            reports.append(try report(on: target))
        }
        if command.json { try OutputFile.show(CheckReport.json(reports)) }
        let failures = reports.compactMap(\.failureText)
        if !failures.isEmpty { throw Failure(code: Failure.internalCode, failures.joined(separator: "; ")) }
    }

    /// - Throws: ``ComputeError/deviceNotFound(_:)``, and ``ComputeError/doubleUnsupported(device:)`` when double alone is
    ///   asked of a device that has none.
    private func targets() throws(ComputeError) -> [DeviceTarget] {
        let choice = try DeviceChoice.asked(for: command.device)
        guard choice != .auto else { return [.cpuPath] + Device.all().map { DeviceTarget(devices: [$0]) } }
        let target = DeviceTarget(devices: try choice.resolve(among: Device.all()))
        if command.precision == .double, !target.hasDouble { throw .doubleUnsupported(device: target.name) }
        return [target]
    }

    private func report(on target: DeviceTarget) throws -> CheckReport {
        var report = CheckReport(target: target)
        try show(report.heading)
        let start = ContinuousClock.now
        let builtBefore = Context.programsBuilt
        for precision in command.precision.precisions {
            if precision == .double, !target.hasDouble {
                try show("  left out: double, which this device does not have\n")
            } else {
                try check(target, precision, into: &report)
            }
        }
        report.seconds = (ContinuousClock.now - start).inSeconds
        try show(report.summary)
        Messages(isQuiet: command.quiet, isVerbose: command.verbose).detail(
            "\(target.selector): built \(counted(Context.programsBuilt - builtBefore, "program"))")
        return report
    }

    private func check(_ target: DeviceTarget, _ precision: Precision, into report: inout CheckReport) throws {
        var results: [CheckResult] = []
        var writeError: TableError?
        // Each line is shown at once: a driver that ends the program leaves those before it.
        let job = CheckJob(hasDouble: target.hasDouble, faultyCheck: command.plantFault) { result in
            results.append(result)
            do throws(TableError) {
                try show(CheckReport.line(of: result))
            } catch {
                writeError = error
            }
            return writeError == nil && !Signals.isInterrupted
        }
        do throws(ComputeError) {
            let session = try Session(
                choice: target.choice, devices: target.devices, precision: precision, parallel: Parallel(),
                notify: { _ in })
            report.roundsCorrectly[precision] = try session.perform(job, on: target.devices)
        } catch {
            if let writeError { throw writeError }
            guard error.isDeviceFailure else { throw error }
            // The device could not even be opened.
            report.problems.append(error)
            try show("  \(precision.rawValue): FAILED, \(firstLine(error.description))\n")
        }
        report.results += results
        try show(report.roundingLine(precision))
    }

    private func show(_ text: String) throws(TableError) {
        if !command.json && !command.quiet && !text.isEmpty { try OutputFile.show(text) }
    }
}
