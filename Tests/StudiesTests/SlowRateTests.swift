import Foundation
import Studies
import Testing

/// Cases 24, 30 and 31 of MOLAR's specification, by number; ``SweepTests`` has 27.
@Suite("MOLAR's rates")
struct SlowRateTests {
    /// The mean l1 error of each method, of tasks that differ in some coefficients.
    private func errors(
        rows: Int, features: Int, tasks: Int, differences: Int, replications: Int = 6
    ) throws -> [String: Double] {
        let text = """
            name = "rates"
            replications = \(replications)
            metrics = ["mean-l1"]
            [design]
            tasks = \(tasks)
            rows = \(rows)
            features = \(features)
            [coefficients]
            structure = "sparse"
            differences = \(differences)
            [noise]
            deviation = 0.1
            [[methods]]
            name = "itl"
            [[methods]]
            name = "molar"
            weights = "observations"
            [[methods]]
            name = "molar"
            label = "soft"
            shrink = "soft"
            weights = "observations"
            [[methods]]
            name = "rm"
            [[methods]]
            name = "ml"
            [[methods]]
            name = "average"

            """
        return try SmallStudy.values(of: text).reduce(into: [:]) { means, entry in
            means[String(entry.key.split(separator: " ")[0])] = entry.value.reduce(0, +) / Double(entry.value.count)
        }
    }

    private func molar(rows: Int, features: Int, tasks: Int, differences: Int) throws -> Double {
        try #require(errors(rows: rows, features: features, tasks: tasks, differences: differences)["molar"])
    }

    @Test("24: the error falls with the root of the number of rows")
    func rows() throws {
        let counts = [1000, 2000, 4000, 8000, 16_000]
        let logs = try counts.map { log(try molar(rows: $0, features: 50, tasks: 30, differences: 5)) }
        let slope = slope(of: logs, over: counts.map { log(Double($0)) })
        #expect(abs(slope + 0.5) < 0.05, "\(slope)")
    }

    @Test("24: it is linear in the number of coefficients where a share of them differs")
    func features() throws {
        let errors = try [40, 80, 160].map {
            try molar(rows: 4000, features: $0, tasks: 30, differences: $0 / 10)
        }
        // Rows per coefficient fall, and the threshold's logarithm grows until it is that of the tasks.
        for (smaller, larger) in zip(errors, errors.dropFirst()) { #expect((1.85...2.3).contains(larger / smaller)) }
    }

    @Test("24: with tasks it falls, but no faster than their root")
    func tasks() throws {
        let errors = try [10, 40, 160].map { try molar(rows: 2000, features: 60, tasks: $0, differences: 6) }
        for (fewer, more) in zip(errors, errors.dropFirst()) { #expect(more < fewer && more > fewer / 2) }
    }

    /// The least squares of `a s + b d / sqrt(M)` leave little of it.
    @Test("24: it is linear in the number of differences, on what the number of tasks leaves")
    func differences() throws {
        var points: [(x: Double, z: Double, error: Double)] = []
        for tasks in [20, 40, 80] {
            for differences in [0, 4, 8, 12] {
                let error = try molar(rows: 3000, features: 80, tasks: tasks, differences: differences)
                points.append((Double(differences), 80 / Double(tasks).squareRoot(), error))
            }
        }
        func sum(_ value: ((x: Double, z: Double, error: Double)) -> Double) -> Double {
            points.reduce(0) { $0 + value($1) }
        }
        let (xx, xz, zz) = (sum { $0.x * $0.x }, sum { $0.x * $0.z }, sum { $0.z * $0.z })
        let (xe, ze) = (sum { $0.x * $0.error }, sum { $0.z * $0.error })
        let determinant = xx * zz - xz * xz
        let (a, b) = ((xe * zz - ze * xz) / determinant, (ze * xx - xe * xz) / determinant)
        let residual = sum { point in
            let error = point.error - a * point.x - b * point.z
            return error * error
        }
        #expect(a > 0 && b > 0)
        #expect((residual / sum { $0.error * $0.error }).squareRoot() < 0.12)
    }

    @Test("an average has a bias that a reference implementation's has too")
    func average() throws {
        let found = try errors(rows: 5000, features: 300, tasks: 30, differences: 20, replications: 3)
        #expect(abs(try #require(found["average"]) / 2.22 - 1) < 0.1)
    }

    @Test("30, 31: where every coefficient differs hard shrinkage costs a tenth, and soft much more; ML is below RM")
    func dense() throws {
        let dense = try errors(rows: 5000, features: 300, tasks: 30, differences: 300, replications: 1)
        let own = try #require(dense["itl"])
        #expect(try #require(dense["molar"]) <= 1.1 * own)
        #expect(try #require(dense["soft"]) > 1.5 * own)
        let many = try errors(rows: 5000, features: 300, tasks: 30, differences: 80, replications: 1)
        #expect(try #require(many["ml"]) < #require(many["rm"]))
    }

    private func slope(of values: [Double], over places: [Double]) -> Double {
        let count = Double(values.count)
        let (mean, center) = (values.reduce(0, +) / count, places.reduce(0, +) / count)
        let products = zip(values, places).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - center) }
        return products / places.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    }
}
