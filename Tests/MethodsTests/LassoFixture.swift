import Compute
import Definitions
import Foundation
import TestSupport

/// A problem of `Tests/Fixtures/lasso.json`, with what scikit-learn says minimises each task's objective.
struct LassoFixture: Decodable, Sendable, CustomStringConvertible {
    struct Task: Decodable, Sendable {
        let rows: [[Double]]
        let responses: [Double]
        let weights: [Double]
    }

    let mixture: Double
    /// Whether each task has one, without a penalty.
    let intercept: Bool
    let weighted: Bool
    /// One a task.
    let penalties: [Double]
    let tasks: [Task]
    let coefficients: [[Double]]
    let intercepts: [Double]

    var description: String {
        "mixture \(mixture)" + (intercept ? ", intercept" : "") + (weighted ? ", weighted" : "")
    }

    private var featureCount: Int { coefficients[0].count }

    /// The problem whose known error variances make tasks' penalties what they are in the fixture, at a strength of 1: those
    /// are `s sqrt(log(d) / n)`.
    var problem: ArrayProblem {
        let width = featureCount + (intercept ? 1 : 0)
        var problem = ArrayProblem(
            tasks: tasks.map { task in
                TaskRows(
                    design: task.rows.map { (intercept ? [1] : []) + $0 }, response: task.responses,
                    weights: task.weights)
            }, featureCount: width, isWeighted: weighted, isScaled: intercept)
        if !intercept { problem.scaling = .identity(featureCount: width) }
        problem.errorVariances = zip(tasks, penalties).map { task, penalty in
            penalty * penalty * task.weights.reduce(0, +) / log(Double(featureCount))
        }
        return problem
    }

    /// Each task's coefficients, its intercept first where it has one.
    var expected: [[Double]] { coefficients.indices.map { (intercept ? [intercepts[$0]] : []) + coefficients[$0] } }

    static let all: [LassoFixture] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        guard let data = try? Data(contentsOf: folder.appending(path: "Fixtures/lasso.json")) else { return [] }
        return (try? JSONDecoder().decode([LassoFixture].self, from: data)) ?? []
    }()
}
