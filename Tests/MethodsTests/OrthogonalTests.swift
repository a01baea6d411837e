import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("Least squares by QR")
struct SlowOrthogonalTests {
    /// After Wampler's problems (NIST StRD): 17 points `x = 0, 1/16 ... 1`, the polynomial of this degree whose
    /// coefficients are all 1, and residuals `size (-1)^i C(16, i)`, which are orthogonal to it. All of it is exact in
    /// double, so the coefficients are 1 and the residual sum is `size^2 C(32, 16)`, exactly.
    private static func wampler(degree: Int, size: Double) -> TaskRows {
        var residual = size
        var design: [[Double]] = []
        var response: [Double] = []
        for point in 0..<17 {
            let x = Double(point) / 16
            design.append((0...degree).reduce(into: [1]) { powers, k in if k > 0 { powers.append(powers[k - 1] * x) } })
            response.append(design[point].reduce(0, +) + residual)
            residual *= -Double(16 - point) / Double(point + 1)
        }
        return TaskRows(design: design, response: response)
    }

    /// The length of the last power where the lower ones leave it: that of the monic Gram polynomial of 17 points,
    /// `(d!)^2 sqrt((17 + d)! / ((2d)! (2d + 1)! (16 - d)!))` in steps of 1/16.
    private static func lengthOfLastPower(degree: Int) -> Double {
        func factorial(_ n: Int) -> Double { n < 2 ? 1 : (2...n).reduce(1) { $0 * Double($1) } }
        let square =
            factorial(17 + degree) / factorial(2 * degree) / factorial(2 * degree + 1) / factorial(16 - degree)
        return factorial(degree) * factorial(degree) * square.squareRoot()
            / (0..<degree).reduce(1) { power, _ in power * 16 }
    }

    @Test("solves polynomials whose normal equations are lost", arguments: Candidate.all, [8, 9, 10])
    func polynomials(candidate: Candidate, degree: Int) throws {
        let sizes = [0, 0x1p-36, 0x1p-30]
        let problem = ArrayProblem(
            tasks: sizes.map { Self.wampler(degree: degree, size: $0) }, featureCount: degree + 1, isScaled: false)
        let fit = try fit(problem, Individual(), on: candidate)
        #expect(fit.statuses == [.ok, .ok, .ok])
        #expect(fit.orthogonalizedTaskCount == 3 && fit.illConditionedTaskCount == 0)
        let estimates = try #require(fit.tasks)
        for (task, size) in sizes.enumerated() {
            // A few roundings of each row of columns whose lengths are 1 to 4: an error of the condition, and of its
            // square times the residuals' length, which no method that is given rounded columns can avoid.
            let length = size * 601_080_390.0.squareRoot()
            let tolerance = 4 * Double.ulpOfOne * estimates.conditions[task]
            for found in estimates.coefficients(of: task) {
                #expect(abs(found - 1) <= tolerance * (1 + estimates.conditions[task] * length))
            }
            // The residuals' length has the rounding of the response's, which is below 64.
            let error = try #require(estimates.standardErrors(of: task).last)
            let unit = Double(16 - degree).squareRoot() * Self.lengthOfLastPower(degree: degree)
            #expect(abs(error - length / unit) <= tolerance * length / unit + 64 * Double.ulpOfOne / unit)
        }
    }

    /// Tasks whose last column is the second but for `2^-exponent` of another, and the same tasks with that other column
    /// itself: `b_1 + b_2` and `2^-exponent b_2` of the former are the latter's. All columns are exact in double.
    private static func nearlyCollinear(
        exponent: Int, sampleCounts: [Int], isWeighted: Bool = false
    ) -> (hard: ArrayProblem, easy: ArrayProblem) {
        var easy = ArrayProblem(
            RandomProblem(sampleCounts: sampleCounts, featureCount: 3, isWeighted: isWeighted), isScaled: false)
        easy.clusterCodes = (0..<easy.layout.rowCount).map { UInt32($0 * 7 % 13) }
        var hard = easy
        for task in hard.tasks.indices {
            for row in hard.tasks[task].design.indices {
                let (a, b) = (easy.tasks[task].design[row][1], easy.tasks[task].design[row][2])
                hard.tasks[task].design[row][2] = a + b * Double(sign: .plus, exponent: -exponent, significand: 1)
            }
        }
        return (hard, easy)
    }

    @Test(
        "gives what the normal equations give of the same columns better conditioned", arguments: Candidate.all,
        VarianceEstimator.allCases)
    func reparametrized(candidate: Candidate, variance: VarianceEstimator) throws {
        for isWeighted in [false, true] {
            let exponent = 17
            let problem = Self.nearlyCollinear(
                exponent: exponent, sampleCounts: (0..<19).map { 40 + 70 * $0 }, isWeighted: isWeighted)
            let reference = try Individual(variance: variance).fit(
                problem.easy, on: Self.reference, reference: Self.reference)
            let fit = try fit(problem.hard, Individual(variance: variance), on: candidate)
            #expect(reference.orthogonalizedTaskCount == 0 && fit.orthogonalizedTaskCount == 19)
            #expect(fit.statuses.allSatisfy { $0 == .ok })
            let (easy, hard) = (try #require(reference.tasks), try #require(fit.tasks))
            for task in 0..<19 {
                let expected = Array(easy.coefficients(of: task))
                let found = Array(hard.coefficients(of: task))
                let unit = Double(sign: .plus, exponent: -exponent, significand: 1)
                // Ten digits or more, where the normal equations leave four.
                let tolerance = 16 * Double.ulpOfOne * hard.conditions[task]
                #expect(tolerance < 1e-7)
                expectClose([found[0], found[1] + found[2], found[2] * unit], expected, tolerance)
                let errors = Array(hard.standardErrors(of: task))
                let expectedErrors = Array(easy.standardErrors(of: task))
                expectClose(
                    [errors[0], errors[2] * unit], [expectedErrors[0], expectedErrors[2]],
                    Self.errorTolerance(variance, condition: hard.conditions[task]))
            }
        }
    }

    @Test("solves a pool as it solves a task", arguments: Candidate.all, VarianceEstimator.allCases)
    func pooled(candidate: Candidate, variance: VarianceEstimator) throws {
        let problem = Self.nearlyCollinear(exponent: 17, sampleCounts: [600, 0, 40, 1, 800], isWeighted: true)
        let reference = try Pooled(variance: variance).fit(
            problem.easy, on: Self.reference, reference: Self.reference)
        let fit = try fit(problem.hard, Pooled(variance: variance), on: candidate)
        #expect(reference.orthogonalizedTaskCount == 0 && fit.orthogonalizedTaskCount == 5)
        let (easy, hard) = (try #require(reference.center), try #require(fit.center))
        let tolerance = 16 * Double.ulpOfOne * hard.condition
        let found = hard.coefficients
        expectClose([found[0], found[1] + found[2], found[2] * 0x1p-17], easy.coefficients, tolerance)
        expectClose(
            [hard.standardErrors[0], hard.standardErrors[2] * 0x1p-17],
            [easy.standardErrors[0], easy.standardErrors[2]],
            Self.errorTolerance(variance, condition: hard.condition))
    }

    /// Standard errors under `iid` come of the triangle alone. The middle of the others is summed like moments, and what
    /// is on both of its sides magnifies its roundings by the condition's square.
    private static func errorTolerance(_ variance: VarianceEstimator, condition: Double) -> Double {
        variance == .iid ? 16 * Double.ulpOfOne * condition : 4 * Double.ulpOfOne * condition * condition
    }

    private func expectClose(_ found: [Double], _ expected: [Double], _ tolerance: Double) {
        for (a, b) in zip(found, expected) { #expect(abs(a - b) <= tolerance * max(1, abs(b))) }
    }

    @Test("calls a feature collinear when 1e-7 of its length is left, not sooner")
    func collinear() throws {
        for (exponent, isCollinear) in [(20, false), (22, false), (25, true), (30, true)] {
            let problem = Self.nearlyCollinear(exponent: exponent, sampleCounts: [50, 700]).hard
            let fit = try Individual().fit(problem, on: Self.reference, reference: Self.reference)
            #expect(fit.statuses.allSatisfy { $0 == (isCollinear ? .collinear(feature: 2) : .ok) })
            #expect(fit.orthogonalizedTaskCount == (isCollinear ? 0 : 2))
        }
    }

    @Test("gives a task the same bits on any threads and among any others")
    func sameBits() throws {
        let problem = Self.nearlyCollinear(exponent: 17, sampleCounts: (0..<40).map { 3 + 41 * $0 }).hard
        var reversed = problem
        reversed.tasks.reverse()
        reversed.clusterCodes = nil
        let forward = try #require(
            try Individual().fit(problem, on: Self.reference, reference: Self.reference).tasks)
        let single = CPUBackend<Double>(parallel: Parallel(threadCount: 1))
        let backward = try #require(try Individual().fit(reversed, on: single, reference: single).tasks)
        for task in 1..<40 {
            #expect(forward.coefficients(of: task).elementsEqual(backward.coefficients(of: 39 - task)))
            #expect(forward.standardErrors(of: task).elementsEqual(backward.standardErrors(of: 39 - task)))
        }
    }

    private static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    private func fit(_ problem: ArrayProblem, _ method: some Estimator, on candidate: Candidate) throws -> Fit {
        var fit: Fit?
        try candidate.run {
            fit = try method.fit(problem, on: $0, reference: Self.reference, progress: nil)
        } float: {
            fit = try method.fit(problem, on: $0, reference: Self.reference, progress: nil)
        }
        return try #require(fit)
    }
}
