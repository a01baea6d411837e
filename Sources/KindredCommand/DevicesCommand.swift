import ArgumentParser
import Compute
import Engine
import Tables

/// `kindred devices`: what there is to compute on.
struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "List the devices that --device can name, with their speeds.",
        discussion: """
            The first is the CPU path, which is always there; the others are OpenCL devices. Speeds are measured once \
            and kept.

              kindred devices
              kindred devices --json
            """)

    @Flag(help: "Write the list as JSON.")
    var json = false

    func run() throws {
        try Failure.translating {
            let entries = [cpuEntry] + Device.all().map(entry)
            let output = try OutputFile(path: nil)
            if json { try output.write(Self.json(entries)) } else { try output.write(Self.table(entries)) }
            try output.finish()
        }
    }

    /// One device as it is shown.
    struct Entry {
        var selector: String
        var name: String
        var platform: String
        var driver: String
        var memoryBytes: Int
        var hasDouble: Bool
        var copyGigabytes: Double?
        var readGigabytes: Double?
        var floatGigaflops: Double?
        var doubleGigaflops: Double?
        /// Why it could not be measured.
        var problem: String?
    }

    private var cpuEntry: Entry {
        let parallel = Parallel()
        let speeds = DeviceSpeeds.ofCPUPath(parallel)
        let name = speeds.name.isEmpty ? "" : "\(speeds.name), "
        return Entry(
            selector: "cpu", name: "\(name)\(parallel.threadCount) threads", platform: "CPU path",
            driver: "kindred \(Kindred.version), \(Kindred.buildTarget)", memoryBytes: ByteSize.halfOfMemory * 2,
            hasDouble: true, copyGigabytes: speeds.copyGigabytes, readGigabytes: speeds.readGigabytes,
            floatGigaflops: speeds.floatGigaflops,
            doubleGigaflops: speeds.doubleGigaflops)
    }

    private func entry(of device: Device) -> Entry {
        var entry = Entry(
            selector: device.selector, name: device.name, platform: device.platformName,
            driver: device.driverVersion, memoryBytes: device.globalMemoryBytes, hasDouble: device.hasDouble)
        do {
            let speeds = try DeviceSpeeds(of: device)
            entry.copyGigabytes = speeds.copyGigabytes
            entry.readGigabytes = speeds.readGigabytes
            entry.floatGigaflops = speeds.floatGigaflops
            entry.doubleGigaflops = speeds.doubleGigaflops
        } catch {
            entry.problem = error.description
        }
        return entry
    }

    private static func table(_ entries: [Entry]) -> String {
        entries.map { entry in
            let double = entry.hasDouble ? "double" : "no double"
            let speeds = [
                entry.copyGigabytes.map { "copies \(speedText($0)) GB/s" },
                entry.readGigabytes.map { "reads \(speedText($0)) GB/s" },
                entry.floatGigaflops.map { "\(speedText($0)) GFLOP/s float" },
                entry.doubleGigaflops.map { "\(speedText($0)) GFLOP/s double" },
            ].compactMap { $0 }.joined(separator: ", ")
            return """
                \(entry.selector)  \(entry.name)
                    \(entry.platform), \(entry.driver), \(byteText(entry.memoryBytes)), \(double)
                    \(entry.problem ?? speeds)

                """
        }.joined()
    }

    private static func json(_ entries: [Entry]) -> OutputText {
        let values: [JsonValue] = entries.map { entry in
            func number(_ value: Double?) -> JsonValue { value.map { .number($0) } ?? .null }
            return .object([
                .init("device", .string(entry.selector)), .init("name", .string(entry.name)),
                .init("platform", .string(entry.platform)), .init("driver", .string(entry.driver)),
                .init("memory_bytes", .integer(entry.memoryBytes)), .init("double", .bool(entry.hasDouble)),
                .init("copy_gb_per_s", number(entry.copyGigabytes)),
                .init("read_gb_per_s", number(entry.readGigabytes)),
                .init("float_gflop_per_s", number(entry.floatGigaflops)),
                .init("double_gflop_per_s", number(entry.doubleGigaflops)),
                .init("problem", entry.problem.map { .string($0) } ?? .null),
            ])
        }
        var text = OutputText()
        text.append(json: .array(values))
        text.append("\n")
        return text
    }
}

/// A speed in whole units, or in two digits where it is small.
private func speedText(_ speed: Double) -> String {
    shortNumber(speed < 10 ? (speed * 10).rounded() / 10 : speed.rounded())
}
