import Foundation
import Testing

/// One fit of the flights example.
struct FlightsFit {
    let text: Data
    let errorLines: [String]
    /// Of planes with status ok: coefficients and standard errors.
    let planes: [String: (coefficients: [Double], errors: [Double])]
    let statuses: [String: String]

    init(_ options: [String], environment: [String: String?] = [:]) throws {
        let folder = try Folder()
        let outcome = try Program.run(
            ["fit", Sample.flights, "--task", "tailnum", "--formula", Sample.formula, "-o", "planes.csv"] + options,
            in: folder, environment: environment)
        try #require(outcome.code == 0, "\(outcome)")
        text = try folder.data("planes.csv")
        errorLines = outcome.errorLines
        let table = TidyTable(Lines(text))
        var planes: [String: (coefficients: [Double], errors: [Double])] = [:]
        var statuses: [String: String] = [:]
        for (key, line) in table.lines { statuses[key.task] = line.status }
        for (plane, status) in statuses where status == "ok" {
            let lines = Flights.terms.compactMap { table.lines[TidyTable.Key(task: plane, term: $0)] }
            planes[plane] = (
                lines.map { $0.values["estimate"] ?? .nan }, lines.map { $0.values["std_error"] ?? .nan }
            )
        }
        self.planes = planes
        self.statuses = statuses
    }
}

@Suite("the flights example, Slow")
struct SlowFlightsTests {
    /// Above this condition number of the columns, tasks need not have the same coefficients to a hundredth of their
    /// standard errors.
    static let wellPosed = 300.0

    @Test("writes the same bytes from one thread and from two", arguments: Devices.all)
    func threads(device: String) throws {
        let one = try FlightsFit(["--device", device, "--threads", "1", "--vcov", "HC1"])
        #expect(one.text == (try FlightsFit(["--device", device, "--threads", "2", "--vcov", "HC1"])).text)
    }

    @Test("writes the same bytes from a table in memory and one in a scratch file", arguments: Devices.all)
    func scratchFile(device: String) throws {
        let options = ["--device", device, "--vcov", "HC3"]
        #expect((try FlightsFit(options)).text == (try FlightsFit(options + ["--memory", "2M"])).text)
        // That it was written is told by a run that may not write it.
        let arguments = ["fit", Sample.flights, "--task", "tailnum", "--formula", Sample.formula, "--memory", "2M"]
        let outcome = try Program.run(arguments + options, in: Folder(), largestFile: 100)
        #expect(outcome.code == 73)
        #expect(outcome.errors.contains("scratch file"))
    }

    @Test("low-rank centres are found though some planes have two or three rows")
    func lowRank() throws {
        let fit = try FlightsFit([
            "--device", "cpu", "--method", "armul", "--structure", "low-rank", "--rank", "2", "--strength", "5", "-v",
        ])
        #expect(fit.errorLines.contains { $0.contains("towards combinations of 2 vectors") })
        #expect(!fit.errorLines.contains { $0.contains("not converged") }, "\(fit.errorLines)")
    }

    @Test("planes whose rows tell no place in a subspace keep moderate coefficients, which predict uses")
    func leftOut() throws {
        let folder = try Folder()
        let fit = try Program.run(
            [
                "fit", Sample.flights, "--task", "tailnum", "--formula", "arr_delay ~ dep_delay + distance + hour",
                "--standardize", "--device", "cpu", "--method", "armul", "--structure", "low-rank", "--rank", "2",
                "--strength", "1", "-o", "model.json",
            ], in: folder)
        #expect(fit.code == 0)
        #expect(fit.errors.contains("477 tasks whose rows tell no place in the subspace"), "\(fit.errors)")
        let predicted = try Program.run(["predict", "model.json", Sample.flights, "-o", "predicted.csv"], in: folder)
        #expect(predicted.code == 0 && !predicted.errors.contains("without coefficients"), "\(predicted.errors)")
        let values = try folder.text("predicted.csv").split(separator: "\n").dropFirst()
            .compactMap { Double($0.split(separator: ",", omittingEmptySubsequences: false).last ?? "") }
        // The longest delay is 21 hours; with billions as coefficients it was years.
        #expect(values.count > 290_000 && values.allSatisfy { abs($0) < 10_000 })
    }

    @Test("writes the same bytes twice in a row", arguments: Devices.all, ["double", "float"])
    func twice(device: String, precision: String) throws {
        let options = ["--device", device, "--precision", precision]
        #expect((try FlightsFit(options)).text == (try FlightsFit(options)).text)
    }

    @Test("agrees between the CPU path and OpenCL", .needsOpenCL, arguments: ["double", "float"])
    func agreement(precision: String) throws {
        let host = try FlightsFit(["--device", "cpu", "--precision", precision])
        let device = try FlightsFit(["--device", Accelerator.first, "--precision", precision])
        let epsilon = precision == "double" ? Double.ulpOfOne : Double(Float.ulpOfOne)
        #expect(host.statuses == device.statuses)
        try expectAgreement(host, device, epsilon: epsilon)
    }

    @Test("agrees between float and double", arguments: Devices.all)
    func precisions(device: String) throws {
        let double = try FlightsFit(["--device", device, "--precision", "double"])
        let float = try FlightsFit(["--device", device, "--precision", "float"])
        try expectAgreement(double, float, epsilon: Double(Float.ulpOfOne))
    }

    @Test("counts the planes that cannot be fitted, by status")
    func statusCounts() throws {
        let fit = try FlightsFit(["--device", "cpu"])
        func count(_ status: String) -> Int { fit.statuses.values.count { $0 == status } }
        let ok = count("ok")
        #expect(ok > 3000)
        let line = try #require(fit.errorLines.first { $0.hasPrefix("itl: ") })
        let thousands = "\(ok / 1000),\(String(format: "%03d", ok % 1000)) ok"
        #expect(line.contains(thousands))
        #expect(line.contains("\(count("too_few_rows")) with too few rows"))
        #expect(line.contains("\(count("collinear")) collinear (distance "))
        #expect(fit.errorLines.contains { $0.contains("302,882 rows, ") && $0.contains(" dropped for missing values") })
    }

    @Test("counts the planes that float does not carry", arguments: Devices.all)
    func refitted(device: String) throws {
        let fit = try FlightsFit(["--device", device, "--precision", "float"])
        #expect(
            fit.errorLines.contains {
                $0.hasSuffix(" of the tasks were solved again in double: float does not carry them")
            })
    }

    @Test("writes the same bytes from one device and from two that share the tasks", .needsTwoDevices)
    func twoDevices() throws {
        // Devices are shared under the part of a name that they have in common.
        let options = ["--device", "pthread", "--vcov", "HC1"]
        let one = try FlightsFit(options, environment: Accelerator.oneDevice)
        let two = try FlightsFit(options, environment: Accelerator.twoDevices)
        #expect(one.text == two.text)
    }

    /// Over planes that both fits could do: the coefficients of standardised columns agree in norm, relative to them,
    /// within `4 epsilon cond^2`, and where the columns are well posed no coefficient differs by more than a hundredth
    /// of its standard error.
    private func expectAgreement(_ first: FlightsFit, _ second: FlightsFit, epsilon: Double) throws {
        let sample = try #require(Flights.sample)
        var compared = 0
        for (plane, one) in first.planes {
            guard let other = second.planes[plane] else { continue }
            let condition = try #require(sample.conditions[plane])
            compared += 1
            let a = sample.standardised(one.coefficients)
            let b = sample.standardised(other.coefficients)
            let distance = norm(zip(a, b).map { $0 - $1 })
            let bound = 4 * epsilon * condition * condition
            #expect(distance <= bound * norm(a), "\(plane), condition \(condition): \(distance / norm(a) / bound)")
            guard condition < Self.wellPosed else { continue }
            for term in one.coefficients.indices {
                let difference = abs(one.coefficients[term] - other.coefficients[term])
                #expect(difference <= 0.01 * one.errors[term], "\(plane), \(Flights.terms[term]), \(condition)")
            }
        }
        #expect(compared > 3000)
    }

    private func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
