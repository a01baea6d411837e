import ArgumentParser
import CMachine
import Engine
import Glibc

/// The program: parses the command line and hands over to a command.
@main
struct Kindred: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kindred",
        abstract: "Fits one model a task for very many related data sets at once.",
        discussion: """
            Each task (a school, a hospital, a store, a device) gets its own coefficients, or all share one set. One \
            long table holds all tasks, in any row order, with a column that names the task.

              kindred fit flights.csv.gz --task tailnum \\
                --formula "arr_delay ~ dep_delay + distance" -o planes.csv
            """,
        version: "kindred \(version), built for \(buildTarget)",
        subcommands: [
            FitCommand.self, PredictCommand.self, AdaptCommand.self, CompareCommand.self, DevicesCommand.self,
            CheckCommand.self,
            BenchCommand.self, SweepCommand.self, ReportCommand.self, ReproduceCommand.self,
        ])

    static let version = "0.1.0"
    static var buildTarget: String { String(cString: kindred_build_target()) }

    static func main() {
        Signals.prepare()
        do {
            try plantFaults()
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            if failure.code != Failure.readerGoneCode { Terminal.writeError(failure.line) }
            exit(withError: failure.exitCode)
        } catch {
            exit(withError: error)
        }
    }

    /// Makes calls of OpenCL fail where the environment asks for it, to see what the program makes of that.
    private static func plantFaults() throws {
        guard let setting = getenv("KINDRED_OPENCL_FAULT"), setting.pointee != 0 else { return }
        do throws(OpenCLFault.Malformed) {
            try OpenCLFault.plant(String(cString: setting))
        } catch {
            throw Failure(code: Failure.usageCode, "KINDRED_OPENCL_FAULT: \(error.message)")
        }
    }
}
