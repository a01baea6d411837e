import Checks
import Compute
import Engine
import Tables

/// What the checks of one device found, as it is shown.
struct CheckReport {
    let target: DeviceTarget
    var results: [CheckResult] = []
    /// Whether division and square root are correctly rounded in a scalar, where that could be found out.
    var roundsCorrectly: [Precision: Bool] = [:]
    /// Why the device could not be opened.
    var problems: [ComputeError] = []
    var seconds = 0.0

    init(target: DeviceTarget) { self.target = target }

    var hasPassed: Bool { problems.isEmpty && results.allSatisfy(\.hasPassed) }

    // MARK: Text

    /// The device, above the columns of its lines.
    var heading: String {
        "\(target.selector)  \(target.name)\n" + Self.line("operation", "scalar", "result", "worst error / tolerance")
    }

    static func line(of result: CheckResult) -> String {
        guard !result.hasPassed else {
            return line(result.name, result.scalar, "ok", errorText(result.comparison.worst))
        }
        return line(result.name, result.scalar, "FAILED", reason(of: result))
    }

    /// Whether random normals have the bits of every other device's.
    func roundingLine(_ precision: Precision) -> String {
        guard let isRounded = roundsCorrectly[precision] else { return "" }
        return Self.line(
            "division and square root", precision.rawValue, "-",
            isRounded
                ? "correctly rounded: random normals have the same bits everywhere"
                : "not correctly rounded: random normals are the same to rounding")
    }

    var summary: String {
        let failed = results.count { !$0.hasPassed } + problems.count
        let outcome = failed == 0 ? "all ok" : "\(counted(failed)) FAILED"
        return """
            \(target.selector), \(target.platform), \(target.driver): \(counted(results.count, "check")), \(outcome), \
            \(secondsText(seconds))

            """
    }

    /// The checks that failed, for the program's last line; nil where none has.
    var failureText: String? {
        guard !hasPassed else { return nil }
        let failed = results.filter { !$0.hasPassed }.map { "\($0.name) (\($0.scalar))" }
        return "FAILED on \(target.selector) '\(target.name)': "
            + (failed + problems.map { firstLine($0.description) }).joined(separator: ", ")
    }

    private static func line(_ name: String, _ scalar: String, _ result: String, _ remark: String) -> String {
        func padded(_ text: String, to width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        return "  \(padded(name, to: nameWidth))  \(padded(scalar, to: 6))  \(padded(result, to: 6))  \(remark)\n"
    }

    private static let nameWidth = OperationChecks.all.map(\.name.count).max() ?? 0

    private static func reason(of result: CheckResult) -> String {
        if let error = result.error { return firstLine(error.description) }
        let comparison = result.comparison
        if comparison.count == 0 { return "nothing was compared" }
        return "\(errorText(comparison.worst)): found \(text(comparison.found)), expected \(text(comparison.expected))"
    }

    /// All digits; NaN without its payload.
    private static func text(_ value: Double) -> String { value.isNaN ? "nan" : value.description }

    /// Three decimals are enough to see how near a bound is.
    private static func errorText(_ error: Double) -> String {
        error < 1e4 ? shortNumber((error * 1000).rounded(.up) / 1000) : shortNumber(error)
    }

    // MARK: JSON

    static func json(_ reports: [CheckReport]) -> OutputText {
        let document = JsonValue.object([
            .init("format", .integer(1)), .init("version", .string(Kindred.version)),
            .init("ok", .bool(reports.allSatisfy(\.hasPassed))), .init("devices", .array(reports.map(\.json))),
        ])
        var text = OutputText()
        text.append(json: document)
        text.append("\n")
        return text
    }

    private var json: JsonValue {
        .object([
            .init("device", .string(target.selector)), .init("name", .string(target.name)),
            .init("platform", .string(target.platform)), .init("driver", .string(target.driver)),
            .init("double", .bool(target.hasDouble)), .init("ok", .bool(hasPassed)),
            .init("seconds", .number(seconds)),
            .init("problem", problems.first.map { .string($0.description) } ?? .null),
            .init(
                "rounds_correctly",
                .object(
                    Precision.allCases.map { precision in
                        .init(precision.rawValue, roundsCorrectly[precision].map { .bool($0) } ?? .null)
                    })),
            .init("checks", .array(results.map(Self.json))),
        ])
    }

    /// A worst error that is infinite is null, as are values that are no numbers.
    private static func json(of result: CheckResult) -> JsonValue {
        .object([
            .init("operation", .string(result.name)), .init("scalar", .string(result.scalar)),
            .init("ok", .bool(result.hasPassed)), .init("compared", .integer(result.comparison.count)),
            .init("worst_error", .number(result.comparison.worst)), .init("found", .number(result.comparison.found)),
            .init("expected", .number(result.comparison.expected)),
            .init("error", result.error.map { .string($0.description) } ?? .null),
        ])
    }
}

/// The first line of a message: a compiler's goes on for pages.
func firstLine(_ text: String) -> String { String(text.prefix { !$0.isNewline }) }
