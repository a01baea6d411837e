import Compute
import Definitions
import Foundation
import Methods
import TestSupport

/// A problem of `Tests/Fixtures/glm.json`, with what statsmodels says of it.
struct GLMFixture: Decodable, Sendable, CustomStringConvertible {
    struct Task: Decodable, Sendable {
        let rows: [[Double]]
        let responses: [Double]
        let weights: [Double]
        let clusters: [UInt32]
    }

    struct Estimates: Decodable, Sendable {
        let coefficients: [Double]
        /// By the name of the variance.
        let errors: [String: [Double]]
    }

    let loss: String
    let weighted: Bool
    let tasks: [Task]
    /// Of each task.
    let each: [Estimates]
    let together: Estimates

    var description: String { loss + (weighted ? ", weighted" : "") }
    var rowLoss: Loss { loss == "logistic" ? .logistic : .poisson }

    static let variances: [VarianceEstimator] = [.iid, .hc0, .cluster]

    /// Its features shifted and scaled as a table's are, the response as it is.
    var problem: ArrayProblem {
        var problem = ArrayProblem(
            tasks: tasks.map { TaskRows(design: $0.rows, response: $0.responses, weights: $0.weights) },
            featureCount: 4, isWeighted: weighted)
        problem.scaling = ColumnScaling(shifts: [0, 0.25, 2, 0.5, 0], scales: [1, 1.5, 0.75, 0.25, 1], intercept: 0)
        problem.clusterCodes = tasks.flatMap(\.clusters)
        return problem
    }

    static let all: [GLMFixture] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        guard let data = try? Data(contentsOf: folder.appending(path: "Fixtures/glm.json")) else { return [] }
        return (try? JSONDecoder().decode([GLMFixture].self, from: data)) ?? []
    }()
}
