import CPUFallback
import Compute
import Definitions
import Glibc
import Methods
import TestSupport
import Testing

/// MOLAR of maximum-likelihood estimates: Algorithm 4.
@Suite("MOLAR with other losses")
struct MOLARLossTests {
    typealias Base = LikelihoodTests

    static func molar(
        _ loss: Loss, _ shrinkage: MOLAR.Shrinkage, strength: Double = 1, intercept: MOLAR.InterceptRole = .free
    ) -> MOLAR {
        var molar = MOLAR(shrinkage: shrinkage, strength: strength, intercept: intercept)
        molar.loss = loss
        return molar
    }

    static let forms = LikelihoodTests.models.flatMap { model in
        MOLAR.Shrinkage.allCases.flatMap { shrinkage in
            MOLAR.InterceptRole.allCases.map { MOLARForm(model: model, shrinkage: shrinkage, intercept: $0) }
        }
    }

    // Specification, test 15.
    @Test(
        "15: of the Gaussian loss it is MOLAR with unit variances and thresholds c1 sqrt(log(min(M, d)))",
        arguments: MOLAR.Shrinkage.allCases, MOLAR.InterceptRole.allCases)
    func gaussian(shrinkage: MOLAR.Shrinkage, intercept: MOLAR.InterceptRole) throws {
        for taskCount in [3, 9] {
            var problem = SlowMOLARTests.problem(taskCount: taskCount, featureCount: 5)
            // Sizes are equal: then the sum of them over one is the number of tasks.
            problem.tasks = problem.tasks.map { task in
                TaskRows(
                    design: task.design.prefix(30).map { [1] + $0.dropFirst() },
                    response: Array(task.response.prefix(30)))
            }
            problem.scaling = .identity(featureCount: 5, intercept: 0)
            problem.errorVariances = Array(repeating: 1, count: taskCount)
            for strength in [0.3, 1] {
                let molar = MOLAR(shrinkage: shrinkage, strength: strength, intercept: intercept)
                let expected = try molar.fit(problem, on: Base.reference, reference: Base.reference)
                let found = try molar.likelihoodFit(problem, on: Base.reference, reference: Base.reference)
                let (tasks, others) = (try #require(found.tasks), try #require(expected.tasks))
                #expect(found.differingTaskCounts == expected.differingTaskCounts)
                for (one, other) in zip(tasks.coefficients, others.coefficients) { #expect(abs(one - other) <= 1e-11) }
                for (one, other) in zip(tasks.standardErrors, others.standardErrors) {
                    #expect(one.isNaN == other.isNaN && (one.isNaN || abs(one - other) <= 1e-11))
                }
                let centers = zip(try #require(found.center).coefficients, try #require(expected.center).coefficients)
                for (one, other) in centers { #expect(abs(one - other) <= 1e-11) }
            }
        }
    }

    @Test("coefficients are the estimates beyond their thresholds, as defined", arguments: Candidate.all, forms)
    func definition(candidate: Candidate, form: MOLARForm) throws {
        try candidate.run {
            try check($0, form)
        } float: {
            try check($0, form)
        }
    }

    private func check<B: Backend>(_ backend: B, _ form: MOLARForm) throws {
        let problem = Base.problem(form.model)
        let molar = Self.molar(form.model.loss, form.shrinkage, intercept: form.intercept)
        let own = try #require(
            try Base.individual(form.model.loss).fit(problem, on: backend, reference: Base.reference).tasks)
        let fit = try molar.fit(problem, on: backend, reference: Base.reference)
        let (tasks, center) = (try #require(fit.tasks), try #require(fit.center).coefficients)
        let isDouble = B.Scalar.self == Double.self
        let shrunk = form.intercept == .free ? [1, 2] : [0, 1, 2]
        let weights = problem.tasks.map { $0.weights.reduce(0, +) }
        var moved = 0
        for (task, rows) in problem.tasks.enumerated() {
            let (found, before) = (Array(tasks.coefficients(of: task)), Array(own.coefficients(of: task)))
            let errors = Array(own.standardErrors(of: task))
            for place in shrunk {
                let threshold = log(Double(min(21, shrunk.count))).squareRoot() * errors[place]
                // The bits of a product may differ from those of its definition by one, at most.
                guard abs(abs(before[place] - center[place]) - threshold) > 1e-12 else { continue }
                let expected =
                    form.shrinkage == .hard
                    ? Definitions.hard(before[place], toward: center[place], threshold: threshold)
                    : Definitions.soft(before[place], toward: center[place], threshold: threshold)
                #expect(abs(found[place] - expected) <= 1e-14 * (1 + abs(expected)))
            }
            let hasMoved = shrunk.contains { found[$0] != before[$0] }
            if hasMoved { moved += 1 } else { #expect(found == before) }
            if form.intercept == .free {
                // The intercept is the likeliest beside the slopes.
                let slope = Definitions.lossGradient(form.model.definition, rows, at: [found])[0][0]
                #expect(abs(slope) <= (isDouble ? 1e-10 : 1e-3) * weights[task])
            }
        }
        #expect(moved > 10)
        for place in 0..<3 {
            let values = (0..<21).map {
                (form.intercept == .free && place == 0 ? tasks : own).coefficients[$0 * 3 + place]
            }
            let below = zip(values, weights).reduce(0) { $1.0 < center[place] ? $0 + $1.1 : $0 }
            let above = zip(values, weights).reduce(0) { $1.0 > center[place] ? $0 + $1.1 : $0 }
            let half = weights.reduce(0, +) / 2
            #expect(below <= half && above <= half, "the weighted median of coefficient \(place)")
        }
        #expect(fit.differingTaskCounts?.map { $0 == nil } == (0..<3).map { !shrunk.contains($0) })
    }

    @Test(
        "without strength tasks are on their own; with infinite strength their slopes are the centre's",
        arguments: forms)
    func ends(form: MOLARForm) throws {
        let problem = Base.problem(form.model)
        let own = try Base.fit(Base.individual(form.model.loss), problem)
        let none = try Base.fit(
            Self.molar(form.model.loss, form.shrinkage, strength: 0, intercept: form.intercept), problem)
        #expect(none.tasks?.coefficients == own.tasks?.coefficients)
        let all = try Base.fit(
            Self.molar(form.model.loss, form.shrinkage, strength: .infinity, intercept: form.intercept), problem)
        let (tasks, center) = (try #require(all.tasks), try #require(all.center).coefficients)
        for task in 0..<21 {
            for place in (form.intercept == .free ? 1 : 0)..<3 {
                #expect(tasks.coefficients[task * 3 + place] == center[place])
            }
        }
    }

    @Test("a separated task gets the centre, and changes nobody else", arguments: Candidate.all, forms)
    func separated(candidate: Candidate, form: MOLARForm) throws {
        try candidate.run {
            try checkSeparated($0, form)
        } float: {
            try checkSeparated($0, form)
        }
    }

    private func checkSeparated<B: Backend>(_ backend: B, _ form: MOLARForm) throws {
        let clean = Base.problem(form.model)
        var problem = clean
        problem.tasks.insert(clean.tasks[6], at: 11)
        problem.tasks[11].design = problem.tasks[11].design.map { [1, $0[1], $0[2] > 0 ? 1 : 0] }
        problem.tasks[11].response = zip(problem.tasks[11].response, problem.tasks[11].design).map {
            $1[2] == 1 ? 0 : $0
        }
        let molar = Self.molar(form.model.loss, form.shrinkage, intercept: form.intercept)
        let fit = try molar.fit(problem, on: backend, reference: Base.reference)
        let expected = try molar.fit(clean, on: backend, reference: Base.reference)
        #expect(fit.statuses[11] == .separated && fit.center?.coefficients == expected.center?.coefficients)
        let (tasks, others) = (try #require(fit.tasks), try #require(expected.tasks))
        #expect(Array(tasks.coefficients(of: 11)) == fit.center?.coefficients)
        #expect(tasks.standardErrors(of: 11).allSatisfy { $0.isNaN })
        for task in 0..<21 {
            #expect(Array(tasks.coefficients(of: task < 11 ? task : task + 1)) == Array(others.coefficients(of: task)))
        }
        #expect(fit.center?.sampleCount == clean.sampleCounts.reduce(0, +))
    }

    @Test("groups side by side are fits of their own", arguments: forms)
    func groups(form: MOLARForm) throws {
        let problem = Base.problem(form.model)
        let molar = Self.molar(form.model.loss, form.shrinkage, intercept: form.intercept)
        let batch = ProblemBatch(problem, groups: [0..<10, 10..<21])
        let fits = try molar.fits(batch, on: Base.reference, reference: Base.reference)
        for (group, tasks) in batch.groups.enumerated() {
            var alone = problem
            alone.tasks = Array(problem.tasks[tasks])
            #expect(try Base.fit(molar, alone).tasks?.coefficients == fits[group].tasks?.coefficients)
        }
    }
}

/// A loss with the settings of MOLAR.
struct MOLARForm: Sendable, CustomStringConvertible {
    let model: LossModel
    let shrinkage: MOLAR.Shrinkage
    let intercept: MOLAR.InterceptRole

    var description: String { "\(model), \(shrinkage), intercept \(intercept)" }
}

@Suite("MOLAR with other losses, Slow")
struct SlowMOLARLossTests {
    /// `log(1 + e^eta)`'s model with coefficients that are shared but for two a task, of length 2; no intercept.
    private static func problem(rowCount: Int, seed: UInt64) throws -> (problem: KeptProblem, truths: [[Double]]) {
        let (taskCount, featureCount, differing, length) = (20, 20, 2, 2.0)
        var stream = TestStream(seed: seed)
        // Box and Muller's normals.
        func normal() -> Double {
            (-2 * log((1 - stream.symmetric()) / 2)).squareRoot() * cos(.pi * stream.symmetric())
        }
        let direction = (0..<featureCount).map { _ in normal() }
        let shared = direction.map { length * $0 / Definitions.norm(direction) }
        var (tasks, truths): ([TaskRows], [[Double]]) = ([], [])
        for _ in 0..<taskCount {
            var own = shared
            let places = (0..<featureCount).shuffled(using: &stream).prefix(differing)
            let (fresh, replaced) = (places.map { _ in normal() }, places.map { shared[$0] })
            for (value, place) in zip(fresh, places) {
                own[place] = value * Definitions.norm(replaced) / Definitions.norm(fresh)
            }
            let design = (0..<rowCount).map { _ in (0..<featureCount).map { _ in normal() } }
            let response = design.map { row -> Double in
                let mean = 1 / (1 + exp(-Definitions.dot(row, own)))
                return (stream.symmetric() + 1) / 2 < mean ? 1 : 0
            }
            tasks.append(TaskRows(design: design, response: response))
            truths.append(own)
        }
        return (KeptProblem(ArrayProblem(tasks: tasks, featureCount: featureCount, isScaled: false)), truths)
    }

    /// Errors differ from one draw of the coefficients to the next by some 11 %: 12 draws leave 3 %.
    @Test(
        "anchors of the specification's section 2.13: mean l1 errors within 10 %",
        arguments: [(1000, 12, [1.389, 0.784, 0.660]), (4000, 4, [0.671, 0.384, 0.333])])
    func anchors(rowCount: Int, trialCount: Int, expected: [Double]) throws {
        var errors = [0.0, 0, 0]
        for trial in 0..<trialCount {
            let (problem, truths) = try Self.problem(rowCount: rowCount, seed: UInt64(41 + trial))
            let fits = try [
                LikelihoodTests.fit(LikelihoodTests.individual(.logistic), problem),
                LikelihoodTests.fit(MOLARLossTests.molar(.logistic, .hard), problem),
                LikelihoodTests.fit(MOLARLossTests.molar(.logistic, .soft), problem),
            ]
            for (place, fit) in fits.enumerated() {
                let tasks = try #require(fit.tasks)
                for (task, truth) in truths.enumerated() {
                    let distance = zip(tasks.coefficients(of: task), truth).reduce(0) { $0 + abs($1.0 - $1.1) }
                    errors[place] += distance / Double(truths.count * trialCount)
                }
            }
        }
        for (found, anchor) in zip(errors, expected) { #expect(abs(found / anchor - 1) <= 0.1, "\(errors)") }
    }
}
