import Compute
import Definitions
import Foundation
import TestSupport

/// A problem of `Tests/Fixtures/armul.json`, with what cvxpy says minimises its objective.
struct ARMULFixture: Decodable, Sendable, CustomStringConvertible {
    struct Task: Decodable, Sendable {
        let rows: [[Double]]
        let responses: [Double]
        let weights: [Double]
    }

    let loss: String
    let strength: Double
    let freeIntercept: Bool
    let weighted: Bool
    let tasks: [Task]
    let coefficients: [[Double]]
    /// Of the coefficients that are penalised.
    let center: [Double]
    /// Divided by the sum of the tasks' weights.
    let objective: Double

    var description: String {
        "\(loss), C = \(strength)" + (freeIntercept ? ", free intercept" : "") + (weighted ? ", weighted" : "")
    }

    /// As it is, with no column scaled.
    var problem: ArrayProblem {
        var problem = ArrayProblem(
            tasks: tasks.map { TaskRows(design: $0.rows, response: $0.responses, weights: $0.weights) },
            featureCount: coefficients[0].count, isWeighted: weighted, isScaled: false)
        problem.scaling = .identity(featureCount: coefficients[0].count, intercept: 0)
        return problem
    }

    static let all: [ARMULFixture] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        guard let data = try? Data(contentsOf: folder.appending(path: "Fixtures/armul.json")) else { return [] }
        return (try? JSONDecoder().decode([ARMULFixture].self, from: data)) ?? []
    }()
}
