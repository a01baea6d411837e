import Foundation
import Methods
import Testing

@Suite("Student's t")
struct StudentTTests {
    /// Of probabilities and quantiles, as far as they are normal numbers.
    private static let relativeAccuracy = 1e-12

    @Test("gives the two-sided p-values of a 40-digit computation", arguments: Reference.lines(of: "two_sided"))
    func twoSided(reference: Reference) {
        let p = StudentT(degreesOfFreedom: reference.degreesOfFreedom).twoSidedPValue(reference.argument)
        #expect(abs(p - reference.value) <= Self.relativeAccuracy * reference.value)
    }

    @Test("gives the quantiles of a 40-digit computation", arguments: Reference.lines(of: "lower_quantile"))
    func lowerQuantile(reference: Reference) {
        let t = StudentT(degreesOfFreedom: reference.degreesOfFreedom).quantile(reference.argument)
        #expect(abs(t - reference.value) <= Self.relativeAccuracy * abs(reference.value))
    }

    @Test("finds its reference values")
    func referencesExist() {
        #expect(Reference.lines(of: "two_sided").count > 400)
        #expect(Reference.lines(of: "lower_quantile").count > 250)
    }

    @Test("has the closed forms of one and two degrees of freedom", arguments: [-1e5, -3, -0.7, 0, 0.2, 1, 2.45, 40])
    func closedForms(t: Double) {
        let cauchy = 0.5 + atan(t) / .pi
        #expect(abs(StudentT(degreesOfFreedom: 1).cumulative(t) - cauchy) <= 4 * Double.ulpOfOne)
        let two = 0.5 + t / (2 * (2 + t * t).squareRoot())
        #expect(abs(StudentT(degreesOfFreedom: 2).cumulative(t) - two) <= 4 * Double.ulpOfOne)
    }

    @Test("is the normal distribution at infinitely many degrees", arguments: [0, 1e-3, 0.5, 1.96, 2.46, 6, 20, 37])
    func normalLimit(t: Double) {
        let p = StudentT(degreesOfFreedom: .infinity).twoSidedPValue(t)
        let normal = erfc(t / 2.0.squareRoot())
        #expect(abs(p - normal) <= Self.relativeAccuracy * normal)
    }

    @Test(
        "returns a quantile's probability, also where method and sign change",
        arguments: [1, 2.5, 7, 30, 1e4, 1e9, Double.infinity])
    func inversion(degreesOfFreedom: Double) {
        let distribution = StudentT(degreesOfFreedom: degreesOfFreedom)
        let edges = [0.25, 0.5, 0.75].flatMap { [$0.nextDown, $0, $0.nextUp] }
        for p in edges + [1e-200, 1e-9, 0.2, 0.4, 0.6, 0.99, 1 - 1e-9] {
            #expect(abs(distribution.cumulative(distribution.quantile(p)) - p) <= Self.relativeAccuracy * p)
        }
    }

    @Test("falls with |t| across the change from series to fraction", arguments: [1, 3, 14.5, 15, 15.5, 200, 1e9])
    func monotone(degreesOfFreedom: Double) {
        let distribution = StudentT(degreesOfFreedom: degreesOfFreedom)
        let statistics = (0..<4000).map { Double($0) / 1000 }
        let values = statistics.map(distribution.twoSidedPValue)
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 > $1 })
    }

    @Test("is symmetric, and defined at the edges")
    func edges() {
        for degreesOfFreedom in [1, 12.5, 1e9, Double.infinity] {
            let distribution = StudentT(degreesOfFreedom: degreesOfFreedom)
            #expect(distribution.twoSidedPValue(0) == 1)
            #expect(distribution.twoSidedPValue(-3) == distribution.twoSidedPValue(3))
            #expect(distribution.twoSidedPValue(.infinity) == 0)
            #expect(distribution.twoSidedPValue(.nan).isNaN)
            #expect(distribution.cumulative(.infinity) == 1)
            #expect(distribution.cumulative(-.infinity) == 0)
            #expect(distribution.quantile(0.5) == 0)
            #expect(distribution.quantile(0) == -.infinity)
            #expect(distribution.quantile(1) == .infinity)
            #expect(distribution.quantile(1.5).isNaN)
            #expect(distribution.quantile(-0.1).isNaN)
            #expect(distribution.quantile(.nan).isNaN)
            #expect(distribution.quantile(0.125) == -distribution.quantile(0.875))
        }
    }
}

/// One line of `Tests/Fixtures/student_t.csv`.
struct Reference: Sendable, CustomTestStringConvertible {
    let degreesOfFreedom: Double
    let argument: Double
    let value: Double

    var testDescription: String { "df \(degreesOfFreedom) at \(argument)" }

    /// The lines of one quantity; none, which fails the tests, if the file cannot be read.
    static func lines(of quantity: String) -> [Reference] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "Fixtures/student_t.csv")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ",")
            guard fields[0] == quantity else { return nil }
            let numbers = fields.dropFirst().compactMap { Double($0) }
            guard numbers.count == 3 else { return nil }
            return Reference(degreesOfFreedom: numbers[0], argument: numbers[1], value: numbers[2])
        }
    }
}
