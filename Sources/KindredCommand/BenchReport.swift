import Benchmarks
import Compute
import Engine
import Tables

/// What the benchmarks of one device gave, as it is shown.
struct BenchReport {
    let target: DeviceTarget
    let precision: Precision
    let ceilings: Ceilings
    var rows: [BenchRow] = []

    init(target: DeviceTarget, precision: Precision, speeds: DeviceSpeeds) {
        self.target = target
        self.precision = precision
        // All devices of a group are of one kind.
        let count = Double(max(1, target.devices.count))
        let flops = precision == .double ? speeds.doubleGigaflops : speeds.floatGigaflops
        ceilings = Ceilings(gigabytes: count * speeds.readGigabytes, gigaflops: count * (flops ?? .nan))
    }

    /// The device and its ceilings, above the columns of its lines.
    var heading: String {
        """
        \(target.selector)  \(target.name), \(precision.rawValue): reads \(BenchRow.speed(ceilings.gigabytes)) GB/s, \
        \(BenchRow.speed(ceilings.gigaflops)) GFLOP/s
        \(BenchRow.line("operation", "size", ["least ms", "median ms", "GB/s", "GFLOP/s", "x floor"]))
        """
    }

    var json: OutputText {
        let document = JsonValue.object([
            .init("format", .integer(1)), .init("version", .string(Kindred.version)),
            .init("build", .string(Kindred.buildTarget)), .init("device", .string(target.selector)),
            .init("name", .string(target.name)), .init("platform", .string(target.platform)),
            .init("driver", .string(target.driver)), .init("precision", .string(precision.rawValue)),
            .init("read_gb_per_s", .number(ceilings.gigabytes)), .init("gflop_per_s", .number(ceilings.gigaflops)),
            .init("benchmarks", .array(rows.map(\.json))),
        ])
        var text = OutputText()
        text.append(json: document)
        text.append("\n")
        return text
    }
}

/// What a device was measured to do at best.
struct Ceilings {
    /// 10^9 bytes read a second.
    let gigabytes: Double
    /// 10^9 operations a second.
    let gigaflops: Double

    /// The least time that work could take.
    func floor(of work: Work) -> Double {
        max(work.bytes / (gigabytes * 1e9), work.operations / (gigaflops * 1e9))
    }
}

/// The times of one benchmark.
struct BenchRow {
    let name: String
    let size: String
    let stopwatch: Stopwatch
    let floor: Double

    init(_ benchmark: any Benchmark, _ stopwatch: Stopwatch, _ ceilings: Ceilings) {
        // How many times its baseline it takes.
        let baselines = stopwatch.baselineSeconds.map { ": \(Self.speed(stopwatch.minimum / $0)) fits" }
        name = benchmark.name + (baselines ?? "")
        size = benchmark.size
        self.stopwatch = stopwatch
        floor = ceilings.floor(of: stopwatch.work)
    }

    private var gigabytes: Double { stopwatch.work.bytes / stopwatch.minimum / 1e9 }
    private var gigaflops: Double { stopwatch.work.operations / stopwatch.minimum / 1e9 }
    private var timesFloor: Double { stopwatch.minimum / floor }

    var line: String {
        Self.line(
            name, size,
            [
                Self.milliseconds(stopwatch.minimum), Self.milliseconds(stopwatch.median), Self.speed(gigabytes),
                Self.speed(gigaflops), Self.speed(timesFloor),
            ])
    }

    static func line(_ name: String, _ size: String, _ fields: [String]) -> String {
        func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
        let columns = fields.map { spaces(10 - $0.count) + $0 }.joined()
        return "  \(name)\(spaces(24 - name.count))  \(size)\(spaces(18 - size.count))\(columns)\n"
    }

    /// Three significant digits.
    static func milliseconds(_ seconds: Double) -> String { threeDigits(seconds * 1e3) }

    static func speed(_ value: Double) -> String { threeDigits(value) }

    private static func threeDigits(_ value: Double) -> String {
        guard value.isFinite, value > 0 else { return value == 0 ? "0" : "-" }
        var unit = 1.0
        while value >= 1000 * unit { unit *= 10 }
        while value < 100 * unit, unit > 1e-6 { unit /= 10 }
        return alignedDecimal((value / unit).rounded() * unit)
    }

    /// A number without an exponent and without what rounding leaves behind.
    private static func alignedDecimal(_ value: Double) -> String {
        value >= 1000 ? String(Int(value.rounded())) : shortNumber(value)
    }

    var json: JsonValue {
        .object([
            .init("name", .string(name)), .init("size", .string(size)),
            .init("runs", .integer(stopwatch.seconds.count)),
            .init("least_seconds", .number(stopwatch.minimum)), .init("median_seconds", .number(stopwatch.median)),
            .init("processor_seconds", .number(stopwatch.processorMinimum)),
            .init("bytes", .number(stopwatch.work.bytes)), .init("operations", .number(stopwatch.work.operations)),
            .init("gb_per_s", .number(gigabytes)), .init("gflop_per_s", .number(gigaflops)),
            .init("baseline_seconds", stopwatch.baselineSeconds.map { .number($0) } ?? .null),
            .init("floor_seconds", .number(floor)), .init("times_floor", .number(timesFloor)),
        ])
    }
}
