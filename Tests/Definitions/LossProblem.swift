package import Compute

/// A loss with what the definition calls it.
package struct LossModel: Sendable, CustomStringConvertible {
    package let loss: Loss
    package let definition: Definitions.RowLoss

    package init(loss: Loss, definition: Definitions.RowLoss) {
        self.loss = loss
        self.definition = definition
    }

    package var description: String { "\(loss)" }
    package var columns: Int { loss.columnCount }

    package static let all = [
        LossModel(loss: .squared, definition: .squared), LossModel(loss: .logistic, definition: .logistic),
        LossModel(loss: .poisson, definition: .poisson),
        LossModel(loss: .softmax(classCount: 1), definition: .softmax),
        LossModel(loss: .softmax(classCount: 5), definition: .softmax),
    ]

    /// A response that the model can have, from a row's number.
    fileprivate func response(_ row: Int) -> Double {
        switch definition {
        case .squared: Double(row % 11) / 4 - 1
        case .logistic: Double(row * row % 3 % 2)
        case .poisson: Double(row * 7 % 5)
        case .softmax: Double(row * 3 % columns)
        }
    }
}

/// Rows of several tasks, exact in float, with responses that a model can have; some rows weigh nothing.
package struct LossProblem {
    package let tasks: [TaskRows]
    /// Each task's columns of coefficients.
    package let coefficients: [[[Double]]]
    package let problem: RandomProblem

    package init(_ problem: RandomProblem, _ model: LossModel) {
        var row = 0
        self.problem = problem
        tasks = problem.tasks.map { task in
            var task = task
            for index in task.response.indices {
                task.response[index] = model.response(row)
                if problem.isWeighted, row % 9 == 4 { task.weights[index] = 0 }
                row += 1
            }
            return task
        }
        var stream = TestStream(seed: 77)
        coefficients = problem.sampleCounts.map { _ in
            (0..<model.columns).map { _ in
                (0..<problem.featureCount).map { _ in (stream.symmetric() * 64).rounded() / 128 }
            }
        }
    }

    package func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> RowArrays<Scalar> {
        let values = tasks.flatMap { task in
            task.response.indices.flatMap { (task.design[$0] + [task.response[$0]]).map { Scalar($0) } }
        }
        return RowArrays(
            layout: TaskLayout(sampleCounts: problem.sampleCounts), featureCount: problem.featureCount,
            values: values, weights: problem.isWeighted ? tasks.flatMap { $0.weights.map { Scalar($0) } } : nil)
    }
}

extension TaskRows {
    /// The relative error of a sum of losses. Each block is rounded to the scalar once and each addition of a block once;
    /// a row adds the roundings of its predictor, of its terms and of the sum, which are those of double where the device
    /// has it.
    package func lossTolerance<Scalar: LaneScalar>(
        _ scalar: Scalar.Type, sumRounding: Double = .ulpOfOne
    ) -> Double {
        let count = response.count
        let width = design.first?.count ?? 0
        return Double(count / TaskLayout.rowsPerBlock + 2) * Double(Scalar.ulpOfOne)
            + Double(count + 4 * width + 16) * sumRounding
    }

    /// A bound on the sum of a task's terms, none of which cancels: `sum of w max(|x|, 1) (1 + |eta| + |y|) (1 + mu)`.
    package func lossSize(_ model: LossModel, at coefficients: [[Double]]) -> Double {
        response.indices.reduce(0) { sum, row in
            let eta = Definitions.predictors(design[row], coefficients)
            let mean = model.definition.means(eta).reduce(0) { $0 + abs($1) }
            let largest = design[row].reduce(1) { max($0, abs($1)) }
            let predictor = eta.reduce(0) { max($0, abs($1)) }
            return sum + weights[row] * largest * (1 + predictor + abs(response[row])) * (1 + mean)
        }
    }
}
