import ArgumentParser
import Checks
import Compute
import Engine

/// `kindred check`: whether a device computes what it should.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compare every operation on a device with its definition.", usage: "kindred check [<options>]",
        discussion: """
            Runs each operation on small problems and compares what it gives with the plainest loop in double that \
            defines it. The worst error is in units of the operation's tolerance: up to 1 is well.

              kindred check
              kindred check --device opencl:0.0 --precision float

            Without --device, every device that 'kindred devices' lists is checked, the CPU path first. The exit code \
            is 0 when all is well, 70 when an operation failed, 69 when there is no such device.
            """)

    @Option(
        help: ArgumentHelp(
            """
            Which device: cpu, gpu, gpu:1, opencl:P.D, part of a device's name, or auto for all there are. (default: \
            $KINDRED_DEVICE, else auto)
            """,
            valueName: "device"))
    var device: String?

    @Option(help: ArgumentHelp("The numbers to compute with.", valueName: "scalar"))
    var precision: CheckedPrecision = .both

    @Flag(help: "Write the results as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Say nothing but what failed.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say also how many kernel programs were built.")
    var verbose = false

    @Option(help: .hidden)
    var plantFault: String?

    func validate() throws {
        if quiet, verbose { throw ValidationError("-q and -v: choose one of them") }
        if let plantFault, !OperationChecks.all.contains(where: { $0.name == plantFault }) {
            throw ValidationError("--plant-fault \(plantFault): no operation is checked under that name")
        }
    }

    func run() throws { try Failure.translating { try CheckRun(command: self).run() } }
}

/// Which scalars are checked.
enum CheckedPrecision: String, ExpressibleByArgument, CaseIterable {
    case double, float, both

    var precisions: [Precision] {
        switch self {
        case .double: [.double]
        case .float: [.float]
        case .both: [.double, .float]
        }
    }
}
