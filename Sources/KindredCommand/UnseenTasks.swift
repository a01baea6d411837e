import Compute
import Methods
import Tables

/// Places tasks that a model has not seen by rows of theirs: in the cluster whose centre is nearest, or among the
/// combinations of the model's vectors.
struct UnseenTasks {
    private let model: ModelFile
    private let design: Design
    private let loss: Loss
    private let parallel: Parallel

    /// - Parameter loss: of the model's family.
    /// - Returns: nil where the model's tasks have no such places, or the table's rows no response.
    init?(of model: ModelFile, _ design: Design, loss: Loss, parallel: Parallel) {
        guard Self.canPlace(in: model), design.hasResponse else { return nil }
        self.model = model
        self.design = design
        self.loss = loss
        self.parallel = parallel
    }

    /// Whether a model has places for tasks.
    static func canPlace(in model: ModelFile) -> Bool {
        model.clusters.map { !$0.centers.isEmpty } ?? (model.subspace != nil)
    }

    /// Gives those of some tasks that have a place its coefficients.
    func place(_ tasks: [Int], in coefficients: inout TaskCoefficients) throws(ComputeError) {
        let vectors = model.clusters?.centers ?? model.subspace?.basis ?? []
        let responses = try design.responses(parallel: parallel)
        var products: [[Double]] = []
        for vector in vectors {
            var own = Array(repeating: 0.0, count: design.layout.taskCount * vector.count)
            for task in tasks { for (term, value) in vector.enumerated() { own[task * vector.count + term] = value } }
            products.append(
                try design.predictions(coefficients: own, columnCount: loss.columnCount, parallel: parallel))
        }
        let offsets = design.layout.offsets
        for task in tasks {
            let rows = offsets[task]..<offsets[task + 1]
            let unseen = UnseenTask(responses: Array(responses[rows]), loss: loss)
            let values = rows.lowerBound * loss.columnCount..<rows.upperBound * loss.columnCount
            let predictors = products.map { Array($0[values]) }
            if let place = self.coefficients(of: unseen, vectors, predictors) { coefficients.place(task, place) }
        }
    }

    private func coefficients(of task: UnseenTask, _ vectors: [[Double]], _ predictors: [[Double]]) -> [Double]? {
        if model.clusters != nil { return task.nearestCenter(predictors: predictors).map { vectors[$0] } }
        let free = isInterceptFree ? design.intercept : nil
        guard let found = task.combination(of: predictors, hasIntercept: free != nil) else { return nil }
        var own = Array(repeating: 0.0, count: model.terms.count)
        for (loading, vector) in zip(found.loadings, vectors) {
            for (term, value) in vector.enumerated() { own[term] += loading * value }
        }
        if let free {
            for (column, intercept) in found.intercepts.enumerated() {
                own[column * design.featureCount + free] = intercept
            }
        }
        return own
    }

    private var isInterceptFree: Bool {
        model.settings.last { $0.name == "intercept" }?.value.string == ARMUL.InterceptRole.free.rawValue
    }

    /// How a report says where the tasks were placed.
    var description: String {
        model.clusters == nil
            ? "the combination of the model's vectors that is nearest to their rows"
            : "the centre of the cluster that is nearest to their rows"
    }
}
