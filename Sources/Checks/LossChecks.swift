internal import Compute
import Definitions

/// `sum of w loss` and its gradient, at one set of coefficients or at several at once.
struct EvaluateCheck: OperationCheck {
    let model: LossModel
    let hasSeveralFits: Bool

    var name: String { "evaluate, \(model.name)" + (hasSeveralFits ? ", several fits" : "") }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        // On both sides of a group of eight.
        for (problem, several) in zip(RandomProblem.checked, [3, 11, 9]) {
            let fitCount = hasSeveralFits ? several : 1
            let data = LossProblem(problem, model)
            let (taskCount, width) = (problem.sampleCounts.count, problem.featureCount)
            let columnCount = fitCount * model.columns
            let fits = data.coefficients.map { columns in
                (0..<fitCount).map { fit in
                    columns.map { $0.map { hasSeveralFits ? $0 * Double(fit % 7 - 3) / 2 : $0 } }
                }
            }
            let coefficients = try backend.upload(
                TaskValues(
                    taskCount: taskCount, columnCount: columnCount, width: width,
                    values: fits.flatMap { $0.flatMap { $0.flatMap { $0 } } }))
            let values = try backend.makeVectors(taskCount: taskCount, columnCount: fitCount, width: 1)
            let gradients = try backend.makeVectors(taskCount: taskCount, columnCount: columnCount, width: width)
            try backend.forEachChunk(of: data.source(of: B.Scalar.self), chunkRows: 600) {
                rows throws(ComputeError) in
                try backend.evaluate(model.loss, over: rows, at: coefficients, values: values, gradients: gradients)
            }
            let foundValues = try backend.download(values)
            let foundGradients = try backend.hostCopy(of: gradients)
            for (index, task) in data.tasks.enumerated() {
                let tolerance = task.lossTolerance(B.Scalar.self, sumRounding: comparison.sumRounding)
                for (fit, beta) in fits[index].enumerated() {
                    let bound = tolerance * task.lossSize(model, at: beta)
                    comparison.compare(
                        foundValues[index * fitCount + fit],
                        with: Definitions.lossSum(model.definition, task, at: beta), within: bound)
                    let expected = Definitions.lossGradient(model.definition, task, at: beta)
                    for column in 0..<model.columns {
                        comparison.compare(
                            foundGradients.vector(index, fit * model.columns + column), with: expected[column],
                            within: bound)
                    }
                }
            }
        }
    }
}

/// The weights whose Gram is the Hessian of `evaluate`'s sum.
struct CurvatureCheck: OperationCheck {
    let model: LossModel

    var name: String { "curvatureWeights, \(model.name)" }

    func run<B: Backend>(on backend: B, _ comparison: inout Comparison) throws(ComputeError) {
        let data = LossProblem(RandomProblem.checked[0], model)
        let (taskCount, width) = (data.tasks.count, data.problem.featureCount)
        let coefficients = try backend.upload(data.hostCoefficients)
        // Of softmax a block on the diagonal and one off it.
        for (a, b) in model.columns > 1 ? [(3, 3), (4, 1)] : [(0, 0)] {
            let moments = try backend.makeMoments(taskCount: taskCount, featureCount: width)
            try backend.forEachChunk(of: data.source(of: B.Scalar.self), chunkRows: 600) {
                rows throws(ComputeError) in
                let weights = try backend.curvatureWeights(model.loss, of: rows, at: coefficients, classes: (a, b))
                try backend.accumulate(rows, rowWeights: weights, into: moments)
            }
            let found = moments.gram.hostMatrices(try backend.download(moments.gram.triangles))
            for (index, task) in data.tasks.enumerated() {
                let beta = data.coefficients[index]
                let expected = Definitions.lossHessian(model.definition, task, at: beta, a, b)
                // The weights are rounded to the scalar too.
                let tolerance = task.lossTolerance(B.Scalar.self, sumRounding: comparison.sumRounding)
                let bound = 2 * tolerance * task.lossSize(model, at: beta)
                for row in 0..<width { comparison.compare(found[index][row], with: expected[row], within: bound) }
            }
        }
    }
}

extension LossProblem {
    fileprivate var hostCoefficients: TaskValues {
        TaskValues(
            taskCount: coefficients.count, columnCount: coefficients.first?.count ?? 1, width: problem.featureCount,
            values: coefficients.flatMap { $0.flatMap { $0 } })
    }
}
