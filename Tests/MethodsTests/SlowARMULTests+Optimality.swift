import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

extension SlowARMULTests {
    /// An intercept and three slopes; tasks of fewer rows than coefficients, of one row, and outlying ones.
    static let problem: ArrayProblem = {
        var problem = ArrayProblem(
            RandomProblem(sampleCounts: [40, 3, 25, 1, 33, 60, 21, 19, 50, 2], featureCount: 4, isWeighted: true))
        for task in [2, 8] {
            problem.tasks[task].response = zip(problem.tasks[task].response, problem.tasks[task].design).map {
                $0 + 3 * $1[1] - 2 * $1[3] + 5
            }
        }
        return problem
    }()

    // MARK: The objective

    /// `sum of w_j (f_j(b_j) + lambda_j ||b_j - c||)`, or with the squared distance, from the rows, without the intercept in the norm where it is free.
    private func objective(
        _ tasks: [[Double]], _ center: [Double], of problem: ArrayProblem, _ armul: ARMUL
    ) -> Double {
        let sums = problem.tasks.map { $0.weights.reduce(0, +) }
        let shrunk = armul.intercept == .free ? Array(1..<problem.featureCount) : Array(0..<problem.featureCount)
        return problem.tasks.indices.reduce(0.0) { total, task in
            let rows = problem.tasks[task]
            let squares = zip(rows.weights, Definitions.residuals(rows, at: tasks[task])).reduce(0.0) {
                $0 + $1.0 * $1.1 * $1.1
            }
            let lambda = armul.strength * (Double(shrunk.count) / sums[task]).squareRoot()
            let distance = Definitions.distance(shrunk.map { tasks[task][$0] }, shrunk.map { center[$0] })
            let share = armul.weights == .equal ? 1 / Double(sums.count) : sums[task] / sums.reduce(0, +)
            return total + share * (squares / sums[task] / 2 + armul.distance.penalty(lambda, at: distance))
        }
    }

    @Test(
        "the objective is that of the rows, and no step in any direction lowers it", arguments: Candidate.all,
        ARMULForm.all)
    func optimum(candidate: Candidate, form: ARMULForm) throws {
        try candidate.run {
            try checkOptimum($0, form)
        } float: {
            try checkOptimum($0, form)
        }
    }

    private func checkOptimum<B: Backend>(_ backend: B, _ form: ARMULForm) throws {
        let (problem, armul) = (Self.problem, form.armul)
        let fit = try armul.fit(problem, on: backend, reference: Self.reference)
        #expect(fit.statuses.allSatisfy { $0 == .ok } && fit.centerStatus == .ok)
        let tasks = try Self.coefficients(fit)
        let center = try #require(fit.center).coefficients
        let least = objective(tasks, center, of: problem, armul)
        // Moments and coefficients carry some roundings of a loss that is a difference of squares of up to 50.
        let rounding = 1024 * Double(B.Scalar.ulpOfOne) * 50
        #expect(abs(try #require(fit.certificate).objective - least) <= rounding)
        var stream = TestStream(seed: 9)
        for _ in 0..<40 {
            let size = 0.01 * abs(stream.symmetric())
            let shift = (0..<4).map { _ in size * stream.symmetric() }
            let task = Int(stream.next() % UInt64(tasks.count))
            // A task alone, the centre alone, and the centre with the tasks that are at it.
            var one = tasks
            one[task] = zip(one[task], shift).map { $0 + $1 }
            #expect(objective(one, center, of: problem, armul) >= least - rounding)
            let moved = zip(center, shift).map { $0 + $1 }
            #expect(objective(tasks, moved, of: problem, armul) >= least - rounding)
            let joined = tasks.map { $0[1...] == center[1...] ? zip($0, shift).map { $0 + $1 } : $0 }
            #expect(objective(joined, moved, of: problem, armul) >= least - rounding)
        }
    }

    @Test("the certificate says how near the optimum is", arguments: Candidate.all, ARMULForm.all)
    func certificate(candidate: Candidate, form: ARMULForm) throws {
        try candidate.run {
            try checkCertificate($0, form)
        } float: {
            try checkCertificate($0, form)
        }
    }

    private func checkCertificate<B: Backend>(_ backend: B, _ form: ARMULForm) throws {
        let fit = try form.armul.fit(Self.problem, on: backend, reference: Self.reference)
        let certificate = try #require(fit.certificate)
        let unit = Double(B.Scalar.ulpOfOne)
        #expect(certificate.hasConverged)
        #expect(certificate.residual <= (B.Scalar.self == Double.self ? 1e-12 : 4096 * unit))
        let gap = try #require(certificate.dualityGap)
        let rounding = 1024 * unit * 50
        #expect(gap >= -rounding && gap <= 8 * rounding)
    }

    @Test("a free intercept leaves residuals of mean zero in each task")
    func freeIntercept() throws {
        let fit = try Self.fit(ARMUL(strength: 0.5), Self.problem)
        for (rows, own) in zip(Self.problem.tasks, try Self.coefficients(fit)) {
            let sum = zip(rows.weights, Definitions.residuals(rows, at: own)).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(sum) <= 1e-12 * Double(rows.response.count) * 50)
        }
    }

    // MARK: Invariances

    @Test("the scaling of columns changes nothing", arguments: ARMULForm.all)
    func scaling(form: ARMULForm) throws {
        var plain = Self.problem
        plain.scaling = .identity(featureCount: 4, intercept: 0)
        let (one, other) = (try Self.fit(form.armul, Self.problem), try Self.fit(form.armul, plain))
        Self.expectClose(try #require(one.tasks).coefficients, try #require(other.tasks).coefficients, within: 1e-9)
        Self.expectClose(try #require(one.center).coefficients, try #require(other.center).coefficients, within: 1e-9)
    }

    @Test("the order of tasks and of rows does not matter")
    func permutations() throws {
        let armul = ARMUL(strength: 0.4)
        var reversed = Self.problem
        reversed.tasks = Self.problem.tasks.reversed().map { rows in
            TaskRows(
                design: rows.design.reversed(), response: rows.response.reversed(), weights: rows.weights.reversed())
        }
        let (one, other) = (try Self.fit(armul, Self.problem), try Self.fit(armul, reversed))
        let back = try Self.coefficients(other).reversed().flatMap { $0 }
        Self.expectClose(try #require(one.tasks).coefficients, back)
        Self.expectClose(try #require(one.center).coefficients, try #require(other.center).coefficients)
    }

    @Test("a rotation of the features rotates the coefficients, and a stretched one does not")
    func rotation() throws {
        let (cosine, sine) = (0.6, 0.8)
        func rotated(_ x: [Double]) -> [Double] {
            [x[0], cosine * x[1] + sine * x[2], cosine * x[2] - sine * x[1], x[3]]
        }
        var turned = Self.problem
        for task in turned.tasks.indices { turned.tasks[task].design = turned.tasks[task].design.map(rotated) }
        let armul = ARMUL(strength: 0.4)
        let plain = try Self.coefficients(Self.fit(armul, Self.problem))
        let found = try Self.coefficients(Self.fit(armul, turned))
        for (one, other) in zip(plain, found) { Self.expectClose(other, rotated(one), within: 1e-9) }
        var stretched = Self.problem
        for task in stretched.tasks.indices {
            stretched.tasks[task].design = stretched.tasks[task].design.map { [$0[0], 8 * $0[1], $0[2], $0[3]] }
        }
        let others = try Self.coefficients(Self.fit(armul, stretched))
        #expect(zip(plain, others).contains { abs($0[1] - 8 * $1[1]) > 1e-3 })
    }

    @Test("coefficients move with what is added to the response, and scale with it and the strength")
    func equivariance() throws {
        let shift = [0.5, -1, 2, 0.25]
        let plain = try Self.coefficients(Self.fit(ARMUL(strength: 0.4), Self.problem))
        var moved = Self.problem
        for task in moved.tasks.indices {
            moved.tasks[task].response = zip(moved.tasks[task].response, moved.tasks[task].design).map {
                3 * $0 + 3 * Definitions.dot($1, shift)
            }
        }
        let found = try Self.coefficients(Self.fit(ARMUL(strength: 1.2), moved))
        for (one, other) in zip(plain, found) {
            Self.expectClose(other, zip(one, shift).map { 3 * ($0 + $1) }, within: 1e-9)
        }
    }

    @Test("a task twice is a task of twice the weight")
    func duplicates() throws {
        var doubled = Self.problem
        doubled.tasks.append(doubled.tasks[2])
        let armul = ARMUL(strength: 0.4, weights: .equal)
        let twice = try Self.coefficients(Self.fit(armul, doubled))
        #expect(twice[2] == twice[10])
        // Each task twice changes nothing.
        var all = Self.problem
        all.tasks += all.tasks
        let (one, other) = (try Self.fit(armul, Self.problem), try Self.fit(armul, all))
        Self.expectClose(try #require(one.center).coefficients, try #require(other.center).coefficients)
    }

    @Test("the objective rises with the strength, ever more slowly")
    func concave() throws {
        let objectives = try [0.1, 0.2, 0.3, 0.4, 0.5, 0.6].map {
            try #require(Self.fit(ARMUL(strength: $0), Self.problem).certificate).objective
        }
        let rises = zip(objectives.dropFirst(), objectives).map { $0 - $1 }
        #expect(rises.allSatisfy { $0 > 0 })
        #expect(zip(rises.dropFirst(), rises).allSatisfy { $0 <= $1 + 1e-12 })
    }
}

/// The forms that the method has.
struct ARMULForm: Sendable, CustomStringConvertible {
    let armul: ARMUL

    var description: String {
        "strength \(armul.strength), \(armul.intercept), \(armul.weights), \(armul.distance)"
    }

    private static let norms = [
        ARMUL(strength: 0.05), ARMUL(strength: 0.4), ARMUL(strength: 1.5), ARMUL(strength: 0.4, intercept: .shared),
        ARMUL(strength: 0.4, weights: .equal), ARMUL(strength: 2, intercept: .shared, weights: .equal),
    ]

    static let all = (norms + norms.suffix(4).map(\.squared)).map { ARMULForm(armul: $0) }
}

extension ARMUL {
    /// The same with the squared distance.
    var squared: ARMUL {
        var armul = self
        armul.distance = .squared
        return armul
    }
}

extension ARMUL {
    /// The strength where it is given.
    fileprivate var strength: Double {
        if case .value(let strength) = penalty { return strength }
        return .nan
    }
}
