import Checks
import Compute
import Engine

/// Every check on one backend.
struct CheckJob: Job {
    let hasDouble: Bool
    /// The check whose result a wrong value is planted in.
    let faultyCheck: String?
    /// Takes each result as it arises, and says whether to go on.
    let take: (CheckResult) -> Bool

    /// Returns whether the backend rounds division and square root correctly; nil where that could not be found out.
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Bool? {
        for check in OperationChecks.all {
            let result = CheckResult(
                of: check, on: backend, hasDouble: hasDouble, hasFault: check.name == faultyCheck)
            if !take(result) { throw .interrupted }
        }
        do throws(ComputeError) {
            return try roundsCorrectly(backend)
        } catch {
            // The normals, which ask the same, have failed with it.
            return nil
        }
    }
}

/// A device that is checked, or several of one kind that share the tasks, or the CPU path.
struct CheckTarget {
    /// None is the CPU path.
    let devices: [Device]

    static let cpuPath = CheckTarget(devices: [])

    var hasDouble: Bool { devices.allSatisfy(\.hasDouble) }

    /// How `--device` names it.
    var selector: String { devices.isEmpty ? "cpu" : devices.map(\.selector).joined(separator: "+") }

    var name: String { devices.first?.name ?? "\(DeviceProbe.cpuName), \(Parallel().threadCount) threads" }
    var platform: String { devices.first?.platformName ?? "CPU path" }
    var driver: String { devices.first?.driverVersion ?? "kindred \(Kindred.version), \(Kindred.buildTarget)" }

    /// What a session is told so that nothing else is tried where these devices fail.
    var choice: DeviceChoice {
        devices.first.map { .openCL(platform: $0.platformIndex, device: $0.deviceIndex) } ?? .cpu
    }
}
