import ArgumentParser
import Compute
import Engine

/// Where to compute.
struct PlaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Where to compute: auto, cpu, gpu, gpu:1, opencl:P.D or part of a device's name; 'kindred devices' lists \
            them. (default: $KINDRED_DEVICE, else auto)
            """,
            valueName: "device"))
    var device: String?

    func deviceChoice() throws(ComputeError) -> DeviceChoice { try .asked(for: device) }
}

extension DeviceChoice {
    /// What `--device` says or, where it is left out, the environment.
    static func asked(for device: String?) throws(ComputeError) -> DeviceChoice {
        if let device { return try DeviceChoice(parsing: device) }
        return try DeviceChoice.fromEnvironment()
    }
}

/// Where to compute, and how precisely.
struct DeviceOptions: ParsableArguments {
    @OptionGroup var place: PlaceOptions

    @Option(help: ArgumentHelp("The numbers to compute with.", valueName: "scalar"))
    var precision: PrecisionName = .double
}

enum PrecisionName: String, ExpressibleByArgument, CaseIterable {
    case double, float

    var precision: Precision { self == .double ? .double : .float }
}
