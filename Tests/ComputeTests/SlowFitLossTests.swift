import Compute
import Definitions
import TestSupport
import Testing

@Suite("Losses of several fits to the same rows")
struct SlowFitLossTests {
    private struct Found {
        var values: [Double]
        var gradients: [Double]
    }

    /// Tasks, then fits, then columns.
    private typealias Coefficients = [[[[Double]]]]

    /// On both sides of a group of eight, and more vectors than registers take at a time.
    static let fitCounts = [2, 3, 8, 9, 26, 41]

    /// The fits of a task are its own coefficients times different numbers, exact in float.
    private static func fits(_ count: Int, of data: LossProblem) -> Coefficients {
        data.coefficients.map { columns in
            (0..<count).map { fit in columns.map { $0.map { $0 * Double(fit % 7 - 3) / 2 } } }
        }
    }

    private static func evaluate<B: Backend>(
        _ loss: Loss, _ source: RowArrays<B.Scalar>, at coefficients: Coefficients, on backend: B,
        chunkRows: Int? = nil, wantsValues: Bool = true, wantsGradients: Bool = true
    ) throws -> Found {
        let (taskCount, width) = (source.layout.taskCount, source.featureCount)
        let fitCount = coefficients.first?.count ?? 2
        let columnCount = fitCount * loss.columnCount
        let vectors = try backend.makeVectors(taskCount: coefficients.count, columnCount: columnCount, width: width)
        try backend.upload(coefficients.flatMap { $0.flatMap { $0.flatMap { $0 } } }, into: vectors)
        let values = try backend.makeVectors(taskCount: taskCount, columnCount: fitCount, width: 1)
        let gradients = try backend.makeVectors(taskCount: taskCount, columnCount: columnCount, width: width)
        try backend.forEachChunk(of: source, chunkRows: chunkRows) { rows throws(ComputeError) in
            try backend.evaluate(
                loss, over: rows, at: vectors, values: wantsValues ? values : nil,
                gradients: wantsGradients ? gradients : nil)
        }
        return Found(values: try backend.download(values), gradients: try backend.download(gradients))
    }

    @Test("sum each fit's values and gradients", arguments: Candidate.all, LossModel.all)
    func sums(candidate: Candidate, model: LossModel) throws {
        try candidate.run {
            try checkSums($0, model)
        } float: {
            try checkSums($0, model)
        }
    }

    private func checkSums<B: Backend>(_ backend: B, _ model: LossModel) throws {
        for (index, problem) in RandomProblem.adversarial.enumerated() where problem.sampleCounts.count < 100 {
            let data = LossProblem(problem, model)
            let fits = Self.fits(Self.fitCounts[index % Self.fitCounts.count], of: data)
            let found = try Self.evaluate(model.loss, data.source(of: B.Scalar.self), at: fits, on: backend)
            check(found, data, model, at: fits, B.Scalar.self)
        }
    }

    @Test("sum at every number of fits", arguments: Candidate.all, [2, 3, 8, 9, 26, 41])
    func numbers(candidate: Candidate, count: Int) throws {
        let model = LossModel(loss: .logistic, definition: .logistic)
        let data = LossProblem(RandomProblem(sampleCounts: [75, 1, 0, 600], featureCount: 11, isWeighted: true), model)
        let fits = Self.fits(count, of: data)
        try candidate.run {
            let found = try Self.evaluate(model.loss, data.source(of: Double.self), at: fits, on: $0)
            check(found, data, model, at: fits, Double.self)
        } float: {
            let found = try Self.evaluate(model.loss, data.source(of: Float.self), at: fits, on: $0)
            check(found, data, model, at: fits, Float.self)
        }
    }

    private func check<Scalar: LaneScalar>(
        _ found: Found, _ data: LossProblem, _ model: LossModel, at fits: Coefficients, _ scalar: Scalar.Type
    ) {
        let (width, columns) = (data.problem.featureCount, model.columns)
        for (index, task) in data.tasks.enumerated() {
            for (fit, beta) in fits[index].enumerated() {
                let bound = task.lossTolerance(scalar) * task.lossSize(model, at: beta)
                let place = index * fits[index].count + fit
                let value = Definitions.lossSum(model.definition, task, at: beta)
                #expect(abs(found.values[place] - value) <= bound)
                let gradient = Definitions.lossGradient(model.definition, task, at: beta).flatMap { $0 }
                let own = found.gradients[place * columns * width..<(place + 1) * columns * width]
                for (one, expected) in zip(own, gradient) { #expect(abs(one - expected) <= bound) }
            }
        }
    }

    @Test("a fit's bits depend on its own coefficients alone", arguments: Candidate.all, LossModel.all)
    func independence(candidate: Candidate, model: LossModel) throws {
        try candidate.run {
            try checkIndependence($0, model)
        } float: {
            try checkIndependence($0, model)
        }
    }

    private func checkIndependence<B: Backend>(_ backend: B, _ model: LossModel) throws {
        let data = LossProblem(RandomProblem(sampleCounts: [13, 530], featureCount: 10, isWeighted: true), model)
        let source = data.source(of: B.Scalar.self)
        let all = Self.fits(11, of: data)
        let whole = try Self.evaluate(model.loss, source, at: all, on: backend)
        let last = try Self.evaluate(model.loss, source, at: all.map { Array($0.suffix(2)) }, on: backend)
        let size = model.columns * 10
        for task in 0..<2 {
            let ends = 11 * task + 9..<11 * task + 11
            #expect(Array(whole.values[ends]) == Array(last.values[2 * task..<2 * task + 2]))
            #expect(
                Array(whole.gradients[ends.lowerBound * size..<ends.upperBound * size])
                    == Array(last.gradients[2 * task * size..<(2 * task + 2) * size]))
        }
    }

    @Test("give the same bits however rows are cut into chunks, and in parts", arguments: Candidate.all)
    func chunks(candidate: Candidate) throws {
        try candidate.run {
            try checkChunks($0)
        } float: {
            try checkChunks($0)
        }
    }

    private func checkChunks<B: Backend>(_ backend: B) throws {
        let model = LossModel(loss: .logistic, definition: .logistic)
        let data = LossProblem(RandomProblem(sampleCounts: [1500, 30, 1025], featureCount: 7, isWeighted: true), model)
        let source = data.source(of: B.Scalar.self)
        let fits = Self.fits(10, of: data)
        let whole = try Self.evaluate(model.loss, source, at: fits, on: backend)
        for chunkRows in [1, 513] {
            let cut = try Self.evaluate(model.loss, source, at: fits, on: backend, chunkRows: chunkRows)
            #expect(cut.values == whole.values && cut.gradients == whole.gradients)
        }
        let values = try Self.evaluate(model.loss, source, at: fits, on: backend, wantsGradients: false)
        let gradients = try Self.evaluate(model.loss, source, at: fits, on: backend, wantsValues: false)
        #expect(values.values == whole.values && gradients.gradients == whole.gradients)
    }

    @Test("fits of one task serve all tasks", arguments: Candidate.all)
    func sharedFits(candidate: Candidate) throws {
        let model = LossModel(loss: .poisson, definition: .poisson)
        let data = LossProblem(RandomProblem(sampleCounts: [3, 0, 600, 20], featureCount: 9, isWeighted: true), model)
        let first = [Self.fits(5, of: data)[0]]
        let all = data.tasks.map { _ in first[0] }
        try candidate.run {
            let found = try Self.evaluate(model.loss, data.source(of: Double.self), at: first, on: $0)
            check(found, data, model, at: all, Double.self)
        } float: {
            let found = try Self.evaluate(model.loss, data.source(of: Float.self), at: first, on: $0)
            check(found, data, model, at: all, Float.self)
        }
    }

    @Test("of one task are untouched by what is not a number in the next", arguments: Candidate.all)
    func badNeighbours(candidate: Candidate) throws {
        try candidate.run {
            try checkBadNeighbours($0)
        } float: {
            try checkBadNeighbours($0)
        }
    }

    private func checkBadNeighbours<B: Backend>(_ backend: B) throws {
        let model = LossModel(loss: .logistic, definition: .logistic)
        let data = LossProblem(RandomProblem(sampleCounts: [9, 2], featureCount: 3, isWeighted: false), model)
        let source = data.source(of: B.Scalar.self)
        var values = source.values
        for index in 9 * 4..<values.count { values[index] = .nan }
        let bad = RowArrays(layout: source.layout, featureCount: 3, values: values)
        let fits = Self.fits(4, of: data)
        let expected = try Self.evaluate(model.loss, source, at: fits, on: backend)
        let found = try Self.evaluate(model.loss, bad, at: fits, on: backend)
        #expect(Array(found.values[..<4]) == Array(expected.values[..<4]))
        #expect(Array(found.gradients[..<12]) == Array(expected.gradients[..<12]))
        #expect(found.values[4...].allSatisfy { $0.isNaN })
    }
}
