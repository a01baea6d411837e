import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("averages of tasks")
struct AverageTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    private func expected(_ own: TaskEstimates, _ tasks: [Int], _ weight: (Int) -> Double) -> (
        coefficients: [Double], errors: [Double]
    ) {
        let total = tasks.reduce(0.0) { $0 + weight($1) }
        func sum(_ value: (Int) -> Double) -> Double { tasks.reduce(0) { $0 + value($1) } }
        let width = own.featureCount
        return (
            (0..<width).map { k in sum { weight($0) * own.coefficients[$0 * width + k] } / total },
            (0..<width).map { k in
                sum { task in
                    let part = weight(task) * own.standardErrors[task * width + k]
                    return part * part
                }.squareRoot() / total
            }
        )
    }

    @Test("are weighted by what tasks' rows tell, with the standard errors of independent tasks")
    func mean() throws {
        let problem = SlowMOLARTests.problem(taskCount: 6, featureCount: 3)
        let own = try #require(Individual().fit(problem, on: Self.reference, reference: Self.reference).tasks)
        let counts = problem.sampleCounts
        for weights in [MOLAR.TaskWeights.precision, .observations, .equal] {
            let fit = try Average(weights: weights).fit(problem, on: Self.reference, reference: Self.reference)
            let center = try #require(fit.center)
            let known = expected(own, Array(0..<6)) { task in
                switch weights {
                case .precision: Double(counts[task]) / own.errorVariances[task]
                case .equal: 1
                default: Double(counts[task])
                }
            }
            for k in 0..<3 {
                #expect(abs(center.coefficients[k] - known.coefficients[k]) < 1e-12)
                #expect(abs(center.standardErrors[k] / known.errors[k] - 1) < 1e-12)
            }
            #expect(fit.tasks == nil && center.sampleCount == counts.reduce(0, +))
        }
    }

    @Test("leave out a task that cannot be fitted")
    func badTask() throws {
        var problem = SlowMOLARTests.problem(taskCount: 6, featureCount: 3)
        let own = try #require(Individual().fit(problem, on: Self.reference, reference: Self.reference).tasks)
        problem.tasks[4].response[0] = .nan
        let fit = try Average(weights: .equal).fit(problem, on: Self.reference, reference: Self.reference)
        let known = expected(own, [0, 1, 2, 3, 5]) { _ in 1 }
        for (found, value) in zip(try #require(fit.center).coefficients, known.coefficients) {
            #expect(abs(found - value) < 1e-12)
        }
        #expect(fit.statuses[4] == .nonFinite)
    }
}
