import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

extension SlowLossARMULTests {
    @Test("the error at a strength is that of rows held out, by hand", arguments: models)
    func heldOut(model: LossModel) throws {
        let problem = Self.problem(model)
        let strengths = [0.2, 0.8]
        var armul = ARMUL(penalty: .crossValidated(StrengthGrid(strengths: strengths, foldCount: 3, seed: 7)))
        armul.loss = model.loss
        let curve = try #require(try Base.fit(armul, problem).penaltyCurve)
        for (place, strength) in strengths.enumerated() {
            armul.penalty = .value(strength)
            let error = try heldOutError(armul, model, of: problem)
            #expect(abs(curve[place].error - error) <= 1e-7 * error, "strength \(strength)")
        }
    }

    /// The mean loss of rows held out in three folds, from a fit of the others for each.
    private func heldOutError(_ armul: ARMUL, _ model: LossModel, of problem: ArrayProblem) throws -> Double {
        let folds = RowFolds(foldCount: 3, seed: 7)
        let byTask = problem.tasks.enumerated().map { folds.folds(ofRows: 0..<$1.response.count, task: $0) }
        let form = LossCase(model: model, intercept: armul.intercept)
        var (error, weight) = (0.0, 0.0)
        for fold in 0..<3 {
            // The penalties keep the weight of all rows: rows are weighed so that those that remain have it.
            var training = problem
            for task in training.tasks.indices {
                for row in byTask[task].indices where byTask[task][row] == fold {
                    training.tasks[task].weights[row] = 0
                }
                let all = problem.tasks[task].weights.reduce(0, +)
                let rest = training.tasks[task].weights.reduce(0, +)
                training.tasks[task].weights = training.tasks[task].weights.map { $0 * all / rest }
            }
            let coefficients = try Base.coefficients(try Base.fit(armul, training))
            for (task, rows) in problem.tasks.enumerated() {
                var heldOut = rows
                for row in byTask[task].indices where byTask[task][row] != fold { heldOut.weights[row] = 0 }
                error += Definitions.lossSum(model.definition, heldOut, at: form.columns(coefficients[task]))
                weight += heldOut.weights.reduce(0, +)
            }
        }
        return error / weight
    }

    /// Twelve tasks of which every third has its slopes turned round.
    private static func kinds(_ model: LossModel) -> ArrayProblem {
        var problem = Self.problem(model)
        problem.tasks = [0, 2, 3, 5].flatMap { task in
            [1.0, 1, -1].map { sign in
                var rows = problem.tasks[task]
                let turn = task == 3 ? -sign : sign
                rows.design = rows.design.map { [$0[0]] + $0.dropFirst().map { turn * $0 } }
                return rows
            }
        }
        return problem
    }

    @Test("the number of clusters or vectors is chosen with the strength by rows held out", arguments: models)
    func sizes(model: LossModel) throws {
        let problem = Self.kinds(model)
        let strengths = [0.2, 2.0]
        let grid = StrengthGrid(strengths: strengths, foldCount: 3, seed: 7)
        func sized(_ structure: ARMUL.Structure, _ penalty: ARMUL.Penalty) -> ARMUL {
            var armul = ARMUL(structure: structure, penalty: penalty)
            armul.loss = model.loss
            return armul
        }
        var armul = sized(.clustered(ClusterStructure(count: 1)), .crossValidated(grid))
        armul.sizes = [3, 1, 2]
        let fit = try Base.fit(armul, problem)
        let curve = try #require(fit.penaltyCurve)
        #expect(curve.map(\.size) == [1, 1, 2, 2, 3, 3] && curve.map(\.penalty) == strengths + strengths + strengths)
        // Errors are those of fits to the other rows. Clusters at the lesser strength continue from those at the greater, and a
        // fit on its own may find others.
        for point in curve.prefix(4) where point.size == 1 || point.penalty == strengths[1] {
            let structure = ARMUL.Structure.clustered(ClusterStructure(count: point.size ?? 0))
            let error = try heldOutError(sized(structure, .value(point.penalty)), model, of: problem)
            #expect(abs(point.error - error) <= 1e-6 * error, "\(point)")
        }
        let best = try #require(curve.min { $0.error < $1.error })
        #expect(fit.penalty?.value == best.penalty && fit.penalty?.size == best.size)
        #expect(try #require(best.size) >= 2 && #require(fit.clusters).centers.count == best.size)
        // Within one standard error the fewest, and of these the greatest strength.
        armul.penalty = .crossValidated(
            StrengthGrid(strengths: strengths, foldCount: 3, seed: 7, rule: .oneStandardError))
        let simplest = try Base.fit(armul, problem)
        let allowed = curve.filter { $0.error <= best.error + best.standardError }
        let fewest = try #require(allowed.compactMap(\.size).min())
        #expect(simplest.penalty?.size == fewest)
        #expect(simplest.penalty?.value == allowed.last { $0.size == fewest }?.penalty)
        // A strength that is given leaves only the number to be chosen.
        var given = sized(.lowRank(rank: 1), .value(2))
        given.sizes = [1, 2]
        let found = try Base.fit(given, problem)
        let points = try #require(found.penaltyCurve)
        #expect(points.map(\.size) == [1, 2] && points.map(\.penalty) == [2, 2])
        #expect(found.subspace?.basis.count == found.penalty?.size && found.penalty?.origin == .crossValidated)
    }
}
