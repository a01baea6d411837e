import CPUFallback
import Compute
import Definitions
import Glibc
import Methods
import TestSupport
import Testing

@Suite("Comparing methods with other losses")
struct SlowLossComparisonTests {
    typealias Base = SlowARMULTests

    private static let strengths = [0.2, 0.8]

    private static func validation(_ model: LossModel, _ methods: [ComparedMethod]) -> CrossValidation {
        var validation = CrossValidation(methods: methods, foldCount: 3, seed: 7)
        validation.loss = model.loss
        validation.strengths = StrengthGrid(strengths: strengths)
        return validation
    }

    /// The errors of one fold's rows, and the weight of those that are taken for another class.
    private struct FoldError {
        var sum = 0.0
        var wrong = 0.0
        var weight = 0.0

        /// Adds a row: `-log p` of its class, or twice what a count's loss is above that at a mean which is the count.
        mutating func add(_ response: Double, _ eta: [Double], weight own: Double, _ model: LossModel) {
            let value = model.definition.value(eta, response)
            if model.loss == .poisson {
                let least = response > 0 ? model.definition.value([log(response)], response) : 0
                sum += own * 2 * (value - least)
            } else {
                sum += own * value
            }
            let means =
                model.columns == 1
                ? [1 - model.definition.means(eta)[0], model.definition.means(eta)[0]] : model.definition.means(eta)
            if means.firstIndex(of: means.max() ?? 0) != Int(response) { wrong += own }
            weight += own
        }
    }

    /// A fold's rows, each predicted by coefficients of the other rows.
    ///
    /// - Parameter fit: from a problem whose rows of the fold weigh nothing to every task's coefficients.
    private func error(
        _ fold: Int, of problem: ArrayProblem, _ model: LossModel, _ fit: (ArrayProblem) throws -> [[Double]]
    ) throws -> FoldError {
        let folds = RowFolds(foldCount: 3, seed: 7)
        let byTask = problem.tasks.enumerated().map { folds.folds(ofRows: 0..<$1.response.count, task: $0) }
        var training = problem
        for task in training.tasks.indices {
            for row in byTask[task].indices where byTask[task][row] == fold { training.tasks[task].weights[row] = 0 }
        }
        let coefficients = try fit(training)
        var found = FoldError()
        let form = LossCase(model: model, intercept: .free)
        for (task, rows) in problem.tasks.enumerated() {
            for row in byTask[task].indices where byTask[task][row] == fold {
                let eta = Definitions.predictors(rows.design[row], form.columns(coefficients[task]))
                found.add(rows.response[row], eta, weight: rows.weights[row], model)
            }
        }
        return found
    }

    /// ARMUL's fit to a problem whose penalties keep the weights of all rows.
    private func fit(_ armul: ARMUL, _ training: ArrayProblem, of problem: ArrayProblem) throws -> [[Double]] {
        var training = training
        for task in training.tasks.indices {
            let all = problem.tasks[task].weights.reduce(0, +)
            let rest = training.tasks[task].weights.reduce(0, +)
            training.tasks[task].weights = training.tasks[task].weights.map { $0 * all / rest }
        }
        return try Base.coefficients(try Base.fit(armul, training))
    }

    /// One fit of all rows, by Newton's method on the sums of the definitions.
    private func pooled(_ model: LossModel, _ training: ArrayProblem) -> [[Double]] {
        let rows = training.pooledRows
        let width = training.featureCount
        // The last class's column stays 0: adding one vector to all columns changes nothing.
        let columns = 0..<max(1, model.columns - 1)
        var coefficients = Array(repeating: Array(repeating: 0.0, count: width), count: model.columns)
        if model.loss == .poisson {
            let sums = rows.response.indices.reduce(into: (0.0, 0.0)) {
                $0.0 += rows.weights[$1] * rows.response[$1]
                $0.1 += rows.weights[$1]
            }
            coefficients[0][0] = log(sums.0 / sums.1)
        }
        for _ in 0..<30 {
            let gradient = Definitions.lossGradient(model.definition, rows, at: coefficients)
            var hessian: [[Double]] = []
            for a in columns {
                let blocks = columns.map { Definitions.lossHessian(model.definition, rows, at: coefficients, a, $0) }
                for k in 0..<width { hessian.append(blocks.flatMap { $0[k] }) }
            }
            let step = Definitions.solve(hessian, columns.flatMap { gradient[$0] })
            for a in columns { for k in 0..<width { coefficients[a][k] -= step[a * width + k] } }
        }
        return training.tasks.map { _ in coefficients.flatMap { $0 } }
    }

    @Test(
        "errors are those of fits to the other rows by hand, tuned by the other folds",
        arguments: SlowLossARMULTests.models)
    func byHand(model: LossModel) throws {
        let problem = SlowLossARMULTests.problem(model)
        let comparison = try Self.validation(model, [.itl, .pool, .armul]).compare(problem, on: Base.reference)
        #expect(comparison.compared.taskCount == problem.tasks.count && comparison.others == nil)
        func armul(_ strength: Double) -> ARMUL {
            var armul = ARMUL(strength: strength)
            armul.loss = model.loss
            return armul
        }
        var expected = [FoldError(), FoldError(), FoldError()]
        func add(_ found: FoldError, to method: Int) {
            expected[method].sum += found.sum
            expected[method].wrong += found.wrong
            expected[method].weight += found.weight
        }
        let curves = try Self.strengths.map { strength in
            try (0..<3).map { try error($0, of: problem, model) { try fit(armul(strength), $0, of: problem) } }
        }
        var separated: Set<Int> = []
        let chosen = try #require(comparison.penalties[.armul])
        for fold in 0..<3 {
            add(
                try error(fold, of: problem, model) { training in
                    let own = try Base.fit(armul(0), training)
                    let shared = pooled(model, training)
                    return try Base.coefficients(own).enumerated().map { task, coefficients in
                        if own.statuses[task] == .ok { return coefficients }
                        separated.insert(task)
                        return shared[task]
                    }
                }, to: 0)
            add(try error(fold, of: problem, model) { pooled(model, $0) }, to: 1)
            let others = curves.map { curve in curve.indices.reduce(0) { $1 == fold ? $0 : $0 + curve[$1].sum } }
            let best = others[1] <= others[0] ? 1 : 0
            #expect(chosen[fold].value == Self.strengths[best])
            add(curves[best][fold], to: 2)
        }
        #expect(comparison.separatedTaskCount == separated.count)
        for (result, own) in zip(comparison.compared.results, expected) {
            let mean = own.sum / own.weight
            #expect(abs(result.meanError - mean) <= 1e-6 * mean, "\(result.method)")
            if model.loss == .poisson {
                #expect(result.wrongShare == nil)
            } else {
                let share = try #require(result.wrongShare)
                #expect(abs(share - own.wrong / own.weight) <= 1e-12, "\(result.method)")
            }
        }
    }

    @Test("molar's errors are those of its fits to the other rows", arguments: LikelihoodTests.models)
    func molar(model: LossModel) throws {
        let problem = SlowLossARMULTests.problem(model)
        let comparison = try Self.validation(model, [.molarHard, .molarSoft]).compare(problem, on: Base.reference)
        #expect(comparison.compared.taskCount == problem.tasks.count && comparison.penalties.isEmpty)
        for (result, shrinkage) in zip(comparison.compared.results, [MOLAR.Shrinkage.hard, .soft]) {
            var expected = FoldError()
            for fold in 0..<3 {
                let found = try error(fold, of: problem, model) { training in
                    try Base.coefficients(LikelihoodTests.fit(MOLARLossTests.molar(model.loss, shrinkage), training))
                }
                expected.sum += found.sum
                expected.weight += found.weight
            }
            let mean = expected.sum / expected.weight
            #expect(abs(result.meanError - mean) <= 1e-9 * mean, "\(result.method)")
        }
    }

    @Test("without a penalty armul is itl, and one cluster is one centre", arguments: SlowLossARMULTests.models)
    func limits(model: LossModel) throws {
        var problem = SlowLossARMULTests.problem(model)
        // None is separated without a fold.
        problem.tasks = problem.tasks.filter { $0.response.count > 50 }
        var validation = Self.validation(model, [.itl, .armul])
        validation.strengths = StrengthGrid(strengths: [0])
        let own = try validation.compare(problem, on: Base.reference)
        #expect(own.separatedTaskCount == 0)
        #expect(abs(own.compared.results[1].change) <= 1e-9)
        validation = Self.validation(model, [.armul, .armulClustered])
        validation.clusterCounts = [1]
        #expect(abs(try validation.compare(problem, on: Base.reference).compared.results[1].change) <= 1e-6)
    }

    @Test("a task whose classes never vary is predicted by the pooled fit under itl, and is counted")
    func separated() throws {
        let model = LossModel(loss: .logistic, definition: .logistic)
        var problem = SlowLossARMULTests.problem(model)
        problem.tasks = [problem.tasks[0], problem.tasks[2], problem.tasks[3]]
        let before = try Self.validation(model, [.itl, .pool]).compare(problem, on: Base.reference)
        #expect(before.separatedTaskCount == 0)
        problem.tasks[1].response = problem.tasks[1].response.map { _ in 1 }
        let all = try Self.validation(model, [.itl, .pool]).compare(problem, on: Base.reference)
        #expect(all.separatedTaskCount == 1 && all.compared.taskCount == 3)
        let (itl, pool) = (all.compared.results[0], all.compared.results[1])
        #expect(itl.meanError.isFinite)
        // The two others alone differ between the methods.
        func error(_ tasks: [Int], of method: ComparedMethod) throws -> Double {
            var sum = 0.0
            for fold in 0..<3 {
                sum += try self.error(fold, of: problem, model) { training in
                    let shared = pooled(model, training)
                    var armul = ARMUL(strength: 0)
                    armul.loss = .logistic
                    let own = try Base.coefficients(try Base.fit(armul, training))
                    return shared.indices.map { method == .itl && tasks.contains($0) ? own[$0] : shared[$0] }
                }.sum
            }
            return sum
        }
        let weight = problem.tasks.reduce(0.0) { $0 + $1.weights.reduce(0, +) }
        Base.expectClose([itl.meanError], [try error([0, 2], of: .itl) / weight], within: 1e-6)
        Base.expectClose([pool.meanError], [try error([], of: .pool) / weight], within: 1e-6)
    }

    @Test("a task with a number that is not finite is left out")
    func nonFinite() throws {
        let model = LossModel(loss: .poisson, definition: .poisson)
        let problem = SlowLossARMULTests.problem(model)
        var odd = problem
        odd.tasks.append(odd.tasks[0])
        odd.tasks[6].design[3][1] = .nan
        let validation = Self.validation(model, [.itl, .pool])
        let (found, expected) = (
            try validation.compare(odd, on: Base.reference), try validation.compare(problem, on: Base.reference)
        )
        #expect(found.leftOutTaskCount == 1 && found.compared.taskCount == 6)
        for (one, other) in zip(found.compared.results, expected.compared.results) {
            Base.expectClose([one.meanError], [other.meanError], within: 1e-6)
        }
    }
}
