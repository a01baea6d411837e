import Compute
import Definitions
import Foundation
import TestSupport
import Testing

@Suite("Losses")
struct SlowLossTests {
    private struct Found {
        var values: [Double]
        var gradients: [Double]
    }

    /// The sums at each task's coefficients, or at those of the first task for all.
    private static func evaluate<B: Backend>(
        _ loss: Loss, _ source: RowArrays<B.Scalar>, at coefficients: [[[Double]]], on backend: B,
        chunkRows: Int? = nil
    ) throws -> Found {
        let (taskCount, columns, width) = (source.layout.taskCount, loss.columnCount, source.featureCount)
        let vectors = try backend.makeVectors(taskCount: coefficients.count, columnCount: columns, width: width)
        try backend.upload(coefficients.flatMap { $0.flatMap { $0 } }, into: vectors)
        let values = try backend.makeVectors(taskCount: taskCount, width: 1)
        let gradients = try backend.makeVectors(taskCount: taskCount, columnCount: columns, width: width)
        try backend.forEachChunk(of: source, chunkRows: chunkRows) { rows throws(ComputeError) in
            try backend.evaluate(loss, over: rows, at: vectors, values: values, gradients: gradients)
        }
        return Found(values: try backend.download(values), gradients: try backend.download(gradients))
    }

    @Test("sum each task's values and gradients", arguments: Candidate.all, LossModel.all)
    func sums(candidate: Candidate, model: LossModel) throws {
        try candidate.run {
            try checkSums($0, model)
        } float: {
            try checkSums($0, model)
        }
    }

    private func checkSums<B: Backend>(_ backend: B, _ model: LossModel) throws {
        for problem in RandomProblem.adversarial {
            let data = LossProblem(problem, model)
            let source = data.source(of: B.Scalar.self)
            let found = try Self.evaluate(model.loss, source, at: data.coefficients, on: backend)
            check(found, data, model, at: data.coefficients, B.Scalar.self)
        }
    }

    @Test("coefficients of one task serve all", arguments: Candidate.all, LossModel.all)
    func sharedCoefficients(candidate: Candidate, model: LossModel) throws {
        let data = LossProblem(RandomProblem(sampleCounts: [3, 0, 600, 20], featureCount: 9, isWeighted: true), model)
        let first = [data.coefficients[0]]
        let all = data.coefficients.map { _ in first[0] }
        try candidate.run {
            let found = try Self.evaluate(model.loss, data.source(of: Double.self), at: first, on: $0)
            check(found, data, model, at: all, Double.self)
        } float: {
            let found = try Self.evaluate(model.loss, data.source(of: Float.self), at: first, on: $0)
            check(found, data, model, at: all, Float.self)
        }
    }

    private func check<Scalar: LaneScalar>(
        _ found: Found, _ data: LossProblem, _ model: LossModel, at coefficients: [[[Double]]], _ scalar: Scalar.Type
    ) {
        let width = data.problem.featureCount
        for (index, task) in data.tasks.enumerated() {
            let beta = coefficients[index]
            let bound = task.lossTolerance(scalar) * task.lossSize(model, at: beta)
            let value = Definitions.lossSum(model.definition, task, at: beta)
            #expect(abs(found.values[index] - value) <= bound)
            let gradient = Definitions.lossGradient(model.definition, task, at: beta)
            for column in 0..<model.columns {
                for k in 0..<width {
                    let one = found.gradients[(index * model.columns + column) * width + k]
                    #expect(abs(one - gradient[column][k]) <= bound)
                }
            }
        }
    }

    @Test("give the same bits however rows are cut into chunks", arguments: Candidate.all, LossModel.all)
    func chunks(candidate: Candidate, model: LossModel) throws {
        try candidate.run {
            try checkChunks($0, model)
        } float: {
            try checkChunks($0, model)
        }
    }

    private func checkChunks<B: Backend>(_ backend: B, _ model: LossModel) throws {
        for problem in RandomProblem.adversarial where problem.sampleCounts.count < 9 {
            let data = LossProblem(problem, model)
            let source = data.source(of: B.Scalar.self)
            let whole = try Self.evaluate(model.loss, source, at: data.coefficients, on: backend, chunkRows: 1 << 20)
            for chunkRows in [1, 513, 1024] {
                let chunked = try Self.evaluate(
                    model.loss, source, at: data.coefficients, on: backend, chunkRows: chunkRows)
                #expect(chunked.values == whole.values && chunked.gradients == whole.gradients)
            }
        }
    }

    @Test("have the gradient that their values have by differences", arguments: LossModel.all)
    func differences(model: LossModel) throws {
        let data = LossProblem(RandomProblem(sampleCounts: [40, 7], featureCount: 3, isWeighted: true), model)
        let source = data.source(of: Double.self)
        try Candidate(kind: .oneThread, isDouble: true).run { backend in
            let found = try Self.evaluate(model.loss, source, at: data.coefficients, on: backend)
            let step = 0x1p-17
            for column in 0..<model.columns {
                for k in 0..<3 {
                    var (up, down) = (data.coefficients, data.coefficients)
                    for task in 0..<2 {
                        up[task][column][k] += step
                        down[task][column][k] -= step
                    }
                    let above = try Self.evaluate(model.loss, source, at: up, on: backend).values
                    let below = try Self.evaluate(model.loss, source, at: down, on: backend).values
                    for task in 0..<2 {
                        let slope = (above[task] - below[task]) / (2 * step)
                        let gradient = found.gradients[(task * model.columns + column) * 3 + k]
                        // Central differences err by step^2 times a third derivative, and by rounding over the step.
                        let size = data.tasks[task].lossSize(model, at: data.coefficients[task])
                        #expect(abs(slope - gradient) <= (step * step + 64 * Double.ulpOfOne / step) * size)
                    }
                }
            }
        } float: { _ in
        }
    }

    @Test("have curvature weights whose Gram is the Hessian", arguments: Candidate.all, LossModel.all)
    func hessians(candidate: Candidate, model: LossModel) throws {
        try candidate.run {
            try checkHessians($0, model)
        } float: {
            try checkHessians($0, model)
        }
    }

    private func checkHessians<B: Backend>(_ backend: B, _ model: LossModel) throws {
        let pairs = model.columns == 5 ? [(0, 0), (3, 3), (4, 1), (1, 4)] : [(0, 0)]
        for problem in RandomProblem.adversarial where problem.sampleCounts.count < 40 {
            let data = LossProblem(problem, model)
            let source = data.source(of: B.Scalar.self)
            let (taskCount, width) = (problem.sampleCounts.count, problem.featureCount)
            let vectors = try backend.makeVectors(taskCount: taskCount, columnCount: model.columns, width: width)
            try backend.upload(data.coefficients.flatMap { $0.flatMap { $0 } }, into: vectors)
            for (a, b) in pairs {
                let moments = try backend.makeMoments(taskCount: taskCount, featureCount: width)
                try backend.forEachChunk(of: source, chunkRows: 700) { rows throws(ComputeError) in
                    let weights = try backend.curvatureWeights(model.loss, of: rows, at: vectors, classes: (a, b))
                    try backend.accumulate(rows, rowWeights: weights, into: moments)
                }
                let found = try backend.download(moments.gram.triangles)
                for (index, task) in data.tasks.enumerated() {
                    let expected = Definitions.lossHessian(
                        model.definition, task, at: data.coefficients[index], a, b)
                    let size = triangleCount(width)
                    let hessian = symmetric(found[index * size..<(index + 1) * size], order: width)
                    // The weights are rounded to the scalar too.
                    let bound =
                        2 * task.lossTolerance(B.Scalar.self)
                        * task.lossSize(model, at: data.coefficients[index])
                    for row in 0..<width {
                        for column in 0..<width {
                            #expect(abs(hessian[row][column] - expected[row][column]) <= bound)
                        }
                    }
                }
            }
        }
    }

    @Test("softmax gradients vanish when summed over classes", arguments: Candidate.all)
    func softmaxSums(candidate: Candidate) throws {
        try candidate.run {
            try checkSoftmaxSums($0)
        } float: {
            try checkSoftmaxSums($0)
        }
    }

    private func checkSoftmaxSums<B: Backend>(_ backend: B) throws {
        let model = LossModel(loss: .softmax(classCount: 3), definition: .softmax)
        let data = LossProblem(RandomProblem(sampleCounts: [90, 600], featureCount: 4, isWeighted: true), model)
        let source = data.source(of: B.Scalar.self)
        let found = try Self.evaluate(model.loss, source, at: data.coefficients, on: backend)
        for task in 0..<2 {
            let bound =
                3 * data.tasks[task].lossTolerance(B.Scalar.self)
                * data.tasks[task].lossSize(model, at: data.coefficients[task])
            for k in 0..<4 {
                let sum = (0..<3).reduce(0) { $0 + found.gradients[(task * 3 + $1) * 4 + k] }
                #expect(abs(sum) <= bound)
            }
        }
    }

    @Test("logistic is softmax of two classes, the first held at zero", arguments: Candidate.all)
    func logisticIsSoftmax(candidate: Candidate) throws {
        try candidate.run {
            try checkLogisticIsSoftmax($0)
        } float: {
            try checkLogisticIsSoftmax($0)
        }
    }

    private func checkLogisticIsSoftmax<B: Backend>(_ backend: B) throws {
        let logistic = LossModel(loss: .logistic, definition: .logistic)
        let data = LossProblem(RandomProblem(sampleCounts: [40, 530, 0], featureCount: 5, isWeighted: true), logistic)
        let source = data.source(of: B.Scalar.self)
        let one = try Self.evaluate(.logistic, source, at: data.coefficients, on: backend)
        let pairs = data.coefficients.map { [$0[0].map { _ in 0.0 }, $0[0]] }
        let two = try Self.evaluate(.softmax(classCount: 2), source, at: pairs, on: backend)
        for task in 0..<3 {
            let bound =
                2 * data.tasks[task].lossTolerance(B.Scalar.self)
                * data.tasks[task].lossSize(logistic, at: data.coefficients[task])
            #expect(abs(one.values[task] - two.values[task]) <= bound)
            for k in 0..<5 {
                #expect(abs(one.gradients[task * 5 + k] - two.gradients[task * 10 + 5 + k]) <= bound)
            }
        }
    }

    @Test("are no less exact at predictors of 1000 and of 40, and never NaN", arguments: Candidate.all)
    func extremes(candidate: Candidate) throws {
        try candidate.run {
            try checkExtremes($0)
        } float: {
            try checkExtremes($0)
        }
    }

    /// One row of one feature 0 and one that is the predictor.
    private static func single<B: Backend>(
        _ loss: Loss, predictors: [Double], response: Double, weight: Double = 1, on backend: B
    ) throws -> (value: Double, slopes: [Double]) {
        let source = RowArrays(
            layout: TaskLayout(sampleCounts: [1]), featureCount: 2, values: [0, 1, B.Scalar(response)],
            weights: [B.Scalar(weight)])
        let found = try evaluate(loss, source, at: [predictors.map { [0, $0] }], on: backend)
        for column in predictors.indices { #expect(found.gradients[2 * column] == 0) }
        return (found.values[0], predictors.indices.map { found.gradients[2 * $0 + 1] })
    }

    private func checkExtremes<B: Backend>(_ backend: B) throws {
        func isNear(_ one: Double, _ other: Double) -> Bool {
            abs(one - other) <= 8 * Double(B.Scalar.ulpOfOne) * abs(other)
        }
        let small = 4.248354255291589e-18  // exp(-40)
        for sign in [1.0, -1.0] {
            let (right, wrong) = (sign > 0 ? 1.0 : 0, sign > 0 ? 0.0 : 1)
            let certain = try Self.single(.logistic, predictors: [sign * 1000], response: right, on: backend)
            #expect(certain.value == 0 && certain.slopes[0] == 0)
            let mistaken = try Self.single(.logistic, predictors: [sign * 1000], response: wrong, on: backend)
            #expect(mistaken.value == 1000 && mistaken.slopes[0] == sign)
            let likely = try Self.single(.logistic, predictors: [sign * 40], response: right, on: backend)
            #expect(isNear(likely.value, small) && isNear(likely.slopes[0], -sign * small))
            let chosen = sign > 0 ? 0.0 : 1
            let softmax = try Self.single(
                .softmax(classCount: 2), predictors: [sign * 20, sign * -20], response: chosen, on: backend)
            #expect(isNear(softmax.value, small) && isNear(softmax.slopes[Int(chosen)], -small))
        }
        let spread = try Self.single(
            .softmax(classCount: 3), predictors: [1000, -1000, 0], response: 1, on: backend)
        #expect(spread.value == 2000 && spread.slopes == [1, -1, 0])
        let large = try Self.single(.poisson, predictors: [1000], response: 3, on: backend)
        #expect(large.value == .infinity && large.slopes[0].isFinite && large.slopes[0] > 1e19)
        let none = try Self.single(.poisson, predictors: [-1000], response: 3, on: backend)
        #expect(none.value == 3000 && none.slopes[0] == -3)
        let leftOut = try Self.single(.poisson, predictors: [1000], response: 3, weight: 0, on: backend)
        #expect(leftOut.value == 0 && leftOut.slopes[0] == 0)
    }

    @Test("take exponentials to the last bits", arguments: Candidate.all)
    func exponentials(candidate: Candidate) throws {
        try candidate.run {
            try checkExponentials($0)
        } float: {
            try checkExponentials($0)
        }
    }

    /// A task's one row has the features 1 and `eta`: the first entry of its Hessian is the Poisson mean `exp(eta)`.
    private func checkExponentials<B: Backend>(_ backend: B) throws {
        // Where a float holds exp(eta) with all its bits.
        let predictors = stride(from: -84, through: 44, by: 0.03125).map { $0 }
        let source = RowArrays(
            layout: TaskLayout(sampleCounts: predictors.map { _ in 1 }), featureCount: 2,
            values: predictors.flatMap { [1, B.Scalar($0), 1] })
        let vectors = try backend.makeVectors(taskCount: 1, width: 2)
        try backend.upload([0, 1], into: vectors)
        let moments = try backend.makeMoments(taskCount: predictors.count, featureCount: 2)
        try backend.forEachChunk(of: source) { rows throws(ComputeError) in
            let weights = try backend.curvatureWeights(.poisson, of: rows, at: vectors, classes: (0, 0))
            try backend.accumulate(rows, rowWeights: weights, into: moments)
        }
        let hessians = try backend.download(moments.gram.triangles)
        for (index, eta) in predictors.enumerated() {
            // OpenCL allows 3 units of the last place; the weight is then rounded to the scalar.
            let tolerance = 3 * Double.ulpOfOne + Double(B.Scalar.ulpOfOne)
            #expect(abs(hessians[3 * index] - exp(eta)) <= tolerance * exp(eta))
        }
    }

    @Test("of one task are untouched by what is not a number in the next", arguments: Candidate.all, LossModel.all)
    func badNeighbours(candidate: Candidate, model: LossModel) throws {
        try candidate.run {
            try checkBadNeighbours($0, model)
        } float: {
            try checkBadNeighbours($0, model)
        }
    }

    private func checkBadNeighbours<B: Backend>(_ backend: B, _ model: LossModel) throws {
        let data = LossProblem(RandomProblem(sampleCounts: [9, 2], featureCount: 3, isWeighted: false), model)
        let source = data.source(of: B.Scalar.self)
        var values = source.values
        for index in 9 * 4..<values.count { values[index] = .nan }
        let bad = RowArrays(layout: source.layout, featureCount: 3, values: values)
        let expected = try Self.evaluate(model.loss, source, at: data.coefficients, on: backend)
        let found = try Self.evaluate(model.loss, bad, at: data.coefficients, on: backend)
        let count = model.columns * 3
        #expect(found.values[0] == expected.values[0])
        #expect(Array(found.gradients[..<count]) == Array(expected.gradients[..<count]))
        #expect(found.values[1].isNaN)
    }

    @Test("compute the value or the gradient alone", arguments: Candidate.all)
    func parts(candidate: Candidate) throws {
        try candidate.run {
            try checkParts($0)
        } float: {
            try checkParts($0)
        }
    }

    private func checkParts<B: Backend>(_ backend: B) throws {
        let model = LossModel.all[1]
        let data = LossProblem(RandomProblem(sampleCounts: [30, 600], featureCount: 4, isWeighted: true), model)
        let source = data.source(of: B.Scalar.self)
        let both = try Self.evaluate(model.loss, source, at: data.coefficients, on: backend)
        let vectors = try backend.makeVectors(taskCount: 2, width: 4)
        try backend.upload(data.coefficients.flatMap { $0.flatMap { $0 } }, into: vectors)
        let values = try backend.makeVectors(taskCount: 2, width: 1)
        let gradients = try backend.makeVectors(taskCount: 2, width: 4)
        try backend.forEachChunk(of: source) { rows throws(ComputeError) in
            try backend.evaluate(model.loss, over: rows, at: vectors, values: values, gradients: nil)
            try backend.evaluate(model.loss, over: rows, at: vectors, values: nil, gradients: gradients)
        }
        #expect(try backend.download(values) == both.values)
        #expect(try backend.download(gradients) == both.gradients)
    }
}
