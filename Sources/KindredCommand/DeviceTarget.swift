import Compute
import Engine

/// A device that is checked or timed, or several of one kind that share the tasks, or the CPU path.
struct DeviceTarget {
    /// None is the CPU path.
    let devices: [Device]

    static let cpuPath = DeviceTarget(devices: [])

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
