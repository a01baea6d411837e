import Foundation
import Testing

/// One kind of regression of the fixture, as the program is asked for it.
struct Regression: Sendable, CustomStringConvertible {
    let name: String
    let vcov: String
    let device: String

    var description: String { "\(name), \(vcov), \(device)" }
    var isWholeSample: Bool { name.hasPrefix("pool") }
    var isPooled: Bool { name.contains("pool") }

    var arguments: [String] {
        [
            "fit", isWholeSample ? Sample.flights : Sample.planes, "--task", "tailnum", "--formula",
            name.hasSuffix("_factor") ? Sample.factorFormula : Sample.formula, "--method", isPooled ? "pool" : "itl",
            "--vcov", vcov, "--device", device,
        ] + (name.hasSuffix("_weighted") ? ["--weights", "distance"] : [])
    }

    /// Every case and covariance that the fixture holds, in its order.
    static let named: [Regression] = {
        guard let table = try? Lines(path: Sample.statsmodels) else { return [] }
        var found: [String] = []
        for pair in zip(table.texts("case"), table.texts("vcov")).map({ "\($0)/\($1)" }) where found.last != pair {
            if !found.contains(pair) { found.append(pair) }
        }
        return found.map { pair in
            let parts = pair.split(separator: "/").map(String.init)
            return Regression(name: parts[0], vcov: parts[1], device: "cpu")
        }
    }()

    static let ofPlanes = named.filter { !$0.isWholeSample }
    static let ofWholeSample = named.filter(\.isWholeSample)

    /// One of each formula and method on the OpenCL device.
    static let onDevice = named.filter { ["iid", "HC3", "cluster:tailnum"].contains($0.vcov) }.map {
        Regression(name: $0.name, vcov: $0.vcov, device: Accelerator.first)
    }

    /// Runs the program and compares all it says with statsmodels.
    ///
    /// Estimates, errors and limits agree to 1e-8 of the larger of the estimate and its standard error, statistics `t`
    /// to 1e-8 of the larger of `t` and 1, and p-values to what that error of `t` makes of them: `p (1 + t^2)` bounds
    /// `|t dp/dt|` of Student's t. Counts and degrees of freedom are the same texts.
    func check() throws {
        let outcome = try Program.run(arguments, in: Folder())
        try #require(outcome.code == 0, "\(outcome)")
        let found = TidyTable(Lines(outcome.output)).lines
        let fixture = TidyTable(try Lines(path: Sample.statsmodels)) { $0[0] == name && $0[1] == vcov }.lines
        #expect(!fixture.isEmpty)
        #expect(found.count == fixture.count)
        for (key, expected) in fixture {
            let place = TidyTable.Key(task: isPooled ? "(all)" : key.task, term: key.term)
            let line = try #require(found[place], "no line for \(place)")
            let estimate = expected.values["estimate"] ?? .nan
            let error = expected.values["std_error"] ?? .nan
            let statistic = expected.values["statistic"] ?? .nan
            let size = max(abs(estimate), error)
            for quantity in TidyTable.quantities {
                let value = expected.values[quantity] ?? .nan
                let tolerance =
                    switch quantity {
                    case "statistic": 1e-8 * max(1, abs(statistic))
                    case "p_value": 1e-8 * value * (1 + statistic * statistic) + .leastNormalMagnitude
                    default: 1e-8 * size
                    }
                let difference = abs((line.values[quantity] ?? .nan) - value)
                #expect(difference <= tolerance, "\(quantity) of \(key)")
            }
            #expect(line.counts == expected.counts, "n and df of \(key)")
            #expect(line.status == "ok")
        }
    }
}

@Suite("fit agrees with statsmodels")
struct StatsmodelsTests {
    @Test("on planes of 8 to 544 flights, in every case of the fixture", arguments: Regression.ofPlanes)
    func planes(regression: Regression) throws { try regression.check() }
}

@Suite("fit agrees with statsmodels, Slow")
struct SlowStatsmodelsTests {
    @Test("on all rows of the sample, in every case of the fixture", arguments: Regression.ofWholeSample)
    func wholeSample(regression: Regression) throws { try regression.check() }

    @Test("on the OpenCL device", .needsOpenCL, arguments: Regression.onDevice)
    func onDevice(regression: Regression) throws { try regression.check() }
}
