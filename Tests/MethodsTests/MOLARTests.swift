import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

/// The golden cases of MOLAR's specification, by number.
@Suite("MOLAR")
struct SlowMOLARTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    /// Tasks that share all coefficients but one or two each, with unequal sizes.
    static func problem(taskCount: Int, featureCount: Int, noise: Double = 0.5, rows: Int = 30) -> ArrayProblem {
        var stream = TestStream(seed: UInt64(taskCount * 100 + featureCount))
        let shared = (0..<featureCount).map { _ in stream.symmetric() }
        let tasks = (0..<taskCount).map { task in
            var own = shared
            own[task % featureCount] += task % 3 == 0 ? 4 : 0
            let design = (0..<rows + 7 * task).map { _ in (0..<featureCount).map { _ in stream.symmetric() } }
            let response = design.map { row in
                zip(row, own).reduce(0) { $0 + $1.0 * $1.1 } + noise * stream.symmetric()
            }
            return TaskRows(design: design, response: response)
        }
        return ArrayProblem(tasks: tasks, featureCount: featureCount, isScaled: false)
    }

    /// Coefficients of every task, and the centre's.
    func fit(_ molar: MOLAR, _ problem: ArrayProblem) throws -> (tasks: [Double], center: [Double]) {
        let fit = try molar.fit(problem, on: Self.reference, reference: Self.reference)
        #expect(fit.statuses.allSatisfy { $0 == .ok })
        return (try #require(fit.tasks).coefficients, try #require(fit.center).coefficients)
    }

    func own(_ problem: ArrayProblem) throws -> TaskEstimates {
        let fit = try Individual().fit(problem, on: Self.reference, reference: Self.reference)
        return try #require(fit.tasks)
    }

    /// Both shrinkages with these settings.
    static func both(
        strength: Double = 1, intercept: MOLAR.InterceptRole = .shared, weights: MOLAR.TaskWeights = .precision
    ) -> [MOLAR] {
        MOLAR.Shrinkage.allCases.map {
            MOLAR(shrinkage: $0, strength: strength, intercept: intercept, weights: weights)
        }
    }

    func expectClose(_ found: [Double], _ expected: [Double], within tolerance: Double = 1e-10) {
        #expect(found.count == expected.count)
        for (one, other) in zip(found, expected) { #expect(abs(one - other) <= tolerance * max(1, abs(other))) }
    }

    // MARK: Where nothing or everything is shrunk

    @Test("1: one task keeps its own estimates")
    func oneTask() throws {
        let problem = Self.problem(taskCount: 1, featureCount: 4)
        for molar in Self.both() { #expect(try fit(molar, problem).tasks == own(problem).coefficients) }
    }

    @Test("2: one coefficient is not shrunk")
    func oneCoefficient() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 1)
        for molar in Self.both() { #expect(try fit(molar, problem).tasks == own(problem).coefficients) }
    }

    @Test("3: strength 0 keeps every task's own estimates")
    func noStrength() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        for molar in Self.both(strength: 0) { #expect(try fit(molar, problem).tasks == own(problem).coefficients) }
    }

    @Test("4: infinite strength gives every task the centre")
    func infiniteStrength() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        for molar in Self.both(strength: .infinity) {
            let (tasks, center) = try fit(molar, problem)
            for task in 0..<9 { #expect(Array(tasks[task * 4..<task * 4 + 4]) == center) }
        }
    }

    @Test("5: without noise each task's coefficients are found, and the shared ones where most tasks share them")
    func noiseless() throws {
        var problem = Self.problem(taskCount: 9, featureCount: 4, noise: 0)
        problem.errorVariances = Array(repeating: 0, count: 9)
        var stream = TestStream(seed: 904)
        let shared = (0..<4).map { _ in stream.symmetric() }
        for molar in Self.both(weights: .equal) {
            let (tasks, center) = try fit(molar, problem)
            expectClose(center, shared)
            for task in 0..<9 {
                var expected = shared
                expected[task % 4] += task % 3 == 0 ? 4 : 0
                expectClose(Array(tasks[task * 4..<task * 4 + 4]), expected)
            }
        }
    }

    @Test("6: identical tasks are their centre")
    func identicalTasks() throws {
        let one = Self.problem(taskCount: 1, featureCount: 4)
        let many = ArrayProblem(
            tasks: Array(repeating: one.tasks[0], count: 6), featureCount: 4, isScaled: false)
        let expected = try own(one).coefficients
        for molar in Self.both() {
            let (tasks, center) = try fit(molar, many)
            #expect(center == expected)
            for task in 0..<6 { #expect(Array(tasks[task * 4..<task * 4 + 4]) == expected) }
        }
    }

    // MARK: Invariances

    @Test("7: the order of tasks and of coefficients does not matter")
    func permutations() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        var reversed = problem
        reversed.tasks = problem.tasks.reversed()
        var turned = problem
        turned.tasks = problem.tasks.map { task in
            TaskRows(design: task.design.map { $0.reversed() }, response: task.response)
        }
        for molar in Self.both() {
            let (tasks, center) = try fit(molar, problem)
            let byTask = (0..<9).map { Array(tasks[$0 * 4..<$0 * 4 + 4]) }
            let (tasksReversed, centerReversed) = try fit(molar, reversed)
            #expect(centerReversed == center)
            #expect(tasksReversed == byTask.reversed().flatMap { $0 })
            let (tasksTurned, centerTurned) = try fit(molar, turned)
            expectClose(centerTurned, center.reversed())
            expectClose(tasksTurned, byTask.flatMap { $0.reversed() })
        }
    }

    @Test("8: the scale of the tasks' weights does not matter")
    func weightScale() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        let weights = (0..<9).map { 1 + Double($0 % 4) }
        for (molar, scaled) in zip(
            Self.both(weights: .given(weights)), Self.both(weights: .given(weights.map { $0 * 7.3 })))
        {
            #expect(try fit(molar, problem) == fit(scaled, problem))
        }
    }

    @Test("9: coefficients scale with the response, and move with what is added to it")
    func equivariance() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        let shift = [0.5, -1, 2, 0.25]
        var scaled = problem
        var shifted = problem
        for task in problem.tasks.indices {
            scaled.tasks[task].response = problem.tasks[task].response.map { 3 * $0 }
            shifted.tasks[task].response = zip(problem.tasks[task].design, problem.tasks[task].response).map { row, y in
                y + zip(row, shift).reduce(0) { $0 + $1.0 * $1.1 }
            }
        }
        for molar in Self.both() {
            let (tasks, center) = try fit(molar, problem)
            expectClose(try fit(molar, scaled).tasks, tasks.map { 3 * $0 })
            expectClose(try fit(molar, scaled).center, center.map { 3 * $0 })
            expectClose(try fit(molar, shifted).tasks, tasks.enumerated().map { $1 + shift[$0 % 4] })
            expectClose(try fit(molar, shifted).center, center.enumerated().map { $1 + shift[$0] })
        }
    }

    @Test("10: coefficients go with the units of their features")
    func columnScaling() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        let units = [1000, 0.01, 1, 64]
        var scaled = problem
        for task in problem.tasks.indices {
            scaled.tasks[task].design = problem.tasks[task].design.map { row in zip(row, units).map { $0 * $1 } }
        }
        for molar in Self.both() {
            let (tasks, center) = try fit(molar, problem)
            let found = try fit(molar, scaled)
            expectClose(found.tasks.enumerated().map { $1 * units[$0 % 4] }, tasks)
            expectClose(found.center.enumerated().map { $1 * units[$0] }, center)
        }
    }

    @Test("11: a rotation of the features does not go through: the method is by coordinate")
    func rotation() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 2)
        let (sine, cosine) = (0.6, 0.8)
        var rotated = problem
        for task in problem.tasks.indices {
            rotated.tasks[task].design = problem.tasks[task].design.map {
                [cosine * $0[0] - sine * $0[1], sine * $0[0] + cosine * $0[1]]
            }
        }
        let found = try fit(MOLAR(), rotated).tasks
        var back = found
        for first in stride(from: 0, to: found.count, by: 2) {
            back[first] = cosine * found[first] + sine * found[first + 1]
            back[first + 1] = cosine * found[first + 1] - sine * found[first]
        }
        let difference = zip(back, try fit(MOLAR(), problem).tasks).map { abs($0 - $1) }.max() ?? 0
        #expect(difference > 1e-3)
    }

    @Test("12: weight 2 in the median is two copies of a task")
    func copies() throws {
        let problem = Self.problem(taskCount: 8, featureCount: 4)
        var doubled = problem
        doubled.tasks.append(problem.tasks[3])
        let weights = (0..<8).map { $0 == 3 ? 2.0 : 1 }
        let weighted = try fit(MOLAR(weights: .given(weights)), problem)
        #expect(try fit(MOLAR(weights: .equal), doubled).center == weighted.center)
    }

    // MARK: What is found

    @Test("13: hard takes the centre's or the own value; soft lies between, at most a threshold from the own")
    func betweenCenterAndOwn() throws {
        let problem = Self.problem(taskCount: 9, featureCount: 4)
        let own = try own(problem)
        let hard = try fit(MOLAR(shrinkage: .hard), problem)
        let soft = try fit(MOLAR(shrinkage: .soft), problem)
        var kept = 0
        for index in own.coefficients.indices {
            let center = hard.center[index % 4]
            #expect(hard.tasks[index] == center || hard.tasks[index] == own.coefficients[index])
            if hard.tasks[index] == own.coefficients[index] { kept += 1 }
            let low = min(center, own.coefficients[index])
            let high = max(center, own.coefficients[index])
            #expect((low...high).contains(soft.tasks[index]))
            let threshold = Self.threshold(problem, own, index)
            #expect(abs(soft.tasks[index] - own.coefficients[index]) <= threshold * (1 + 1e-12))
        }
        // Three tasks have a coefficient of their own.
        #expect(kept >= 3 && kept < own.coefficients.count)
    }

    /// `sqrt(log(min(N / n_m, d))) se`, with strength 1.
    private static func threshold(_ problem: ArrayProblem, _ own: TaskEstimates, _ index: Int) -> Double {
        let counts = problem.sampleCounts
        let ratio = Double(counts.reduce(0, +)) / Double(counts[index / own.featureCount])
        let level = min(ratio, Double(own.featureCount))
        return logarithm(level).squareRoot() * own.standardErrors[index]
    }

    @Test("14: no task's estimate is a better centre than the weighted median")
    func minimality() throws {
        let problem = Self.problem(taskCount: 12, featureCount: 5)
        let own = try own(problem)
        let center = try fit(MOLAR(), problem).center
        let counts = problem.sampleCounts
        for feature in 0..<5 {
            func distance(_ z: Double) -> Double {
                (0..<12).reduce(0) {
                    let weight = Double(counts[$1]) / own.errorVariances[$1]
                    return $0 + weight * abs(own.coefficients[$1 * 5 + feature] - z)
                }
            }
            let least = distance(center[feature])
            for task in 0..<12 { #expect(least <= distance(own.coefficients[task * 5 + feature]) * (1 + 1e-14)) }
        }
    }

    @Test("15: with unit variances and equal sizes, one Newton step of the squared loss has the same estimates")
    func generalisedLinear() throws {
        // MOLAR-GLM for a Gaussian of unit dispersion: the maximum likelihood estimate, and thresholds
        // c1 sqrt(log(min(M, d))) times the root of the inverse Hessian's diagonal.
        var problem = Self.problem(taskCount: 6, featureCount: 4)
        problem.tasks = problem.tasks.map { task in
            TaskRows(design: Array(task.design.prefix(30)), response: Array(task.response.prefix(30)))
        }
        problem.errorVariances = Array(repeating: 1, count: 6)
        let newton = try newtonStep(problem, on: Self.reference)
        for molar in Self.both() {
            let (tasks, center) = try fit(molar, problem)
            for index in tasks.indices {
                let threshold = logarithm(min(6, 4)).squareRoot() * newton.errors[index]
                let difference = newton.estimates[index] - center[index % 4]
                let shrunk = molar.shrinkage == .hard ? difference : difference - (difference < 0 ? -1 : 1) * threshold
                let expected = abs(difference) <= threshold ? center[index % 4] : center[index % 4] + shrunk
                #expect(abs(tasks[index] - expected) <= 1e-10)
            }
        }
    }

    /// Newton's step from zero for the squared loss, and the roots of the inverse Hessians' diagonals.
    private func newtonStep<B: Backend>(
        _ problem: ArrayProblem, on backend: B
    ) throws -> (estimates: [Double], errors: [Double]) {
        let (taskCount, width) = (problem.tasks.count, problem.featureCount)
        let zero = try backend.makeVectors(taskCount: taskCount, width: width)
        let gradients = try backend.makeVectors(taskCount: taskCount, width: width)
        let hessians = try backend.makeMoments(taskCount: taskCount, featureCount: width)
        func pass(_ source: some TaskSource<B.Scalar>) throws {
            try backend.forEachChunk(of: source) { rows throws(ComputeError) in
                try backend.evaluate(.squared, over: rows, at: zero, values: nil, gradients: gradients)
                let weights = try backend.curvatureWeights(.squared, of: rows, at: zero, classes: (0, 0))
                try backend.accumulate(rows, rowWeights: weights, into: hessians)
            }
        }
        try pass(problem.source(of: B.Scalar.self))
        let factor = try backend.makeFactor(taskCount: taskCount, order: width)
        try backend.factor(hessians.gram, tolerance: 64 * B.Scalar.ulpOfOne, into: factor)
        let steps = try backend.makeVectors(taskCount: taskCount, width: width)
        try backend.solve(factor, gradients, into: steps)
        let identity = try backend.makeVectors(taskCount: 1, columnCount: width, width: width)
        try backend.upload((0..<width * width).map { $0 % (width + 1) == 0 ? 1 : 0 }, into: identity)
        let diagonals = try backend.makeVectors(taskCount: taskCount, width: width)
        try backend.inverseDiagonals(of: factor, contrasts: identity, into: diagonals)
        return (try backend.download(steps).map { -$0 }, try backend.download(diagonals).map { $0.squareRoot() })
    }

    @Test("17: pool is the least squares of all rows, and of its own rows with one task")
    func pool() throws {
        let problem = Self.problem(taskCount: 5, featureCount: 3)
        let fit = try Pooled().fit(problem, on: Self.reference, reference: Self.reference)
        let joint = Definitions.jointGram(problem.pooledRows, featureCount: 3)
        let expected = Definitions.solve(joint.prefix(3).map { Array($0.prefix(3)) }, joint.prefix(3).map { $0[3] })
        expectClose(try #require(fit.center).coefficients, expected)
        let one = Self.problem(taskCount: 1, featureCount: 3)
        let pooled = try Pooled().fit(one, on: Self.reference, reference: Self.reference)
        expectClose(try #require(pooled.center).coefficients, try own(one).coefficients)
    }

    @Test("18: fewer than half of the tasks cannot move the centre out of the range of the others")
    func breakdown() throws {
        let clean = Self.problem(taskCount: 9, featureCount: 4)
        let own = try own(clean)
        var corrupted = clean
        for task in [1, 4, 6, 8] {
            corrupted.tasks[task].response = clean.tasks[task].response.map { 1e6 * $0 - 3e5 }
        }
        let center = try fit(MOLAR(weights: .equal), corrupted).center
        for feature in 0..<4 {
            let values = [0, 2, 3, 5, 7].map { own.coefficients[$0 * 4 + feature] }
            #expect((values.min() ?? 0)...(values.max() ?? 0) ~= center[feature])
        }
    }

    @Test("19: a threshold grows with N / n up to d", arguments: [(3, 8), (12, 3)])
    func bothBranches(taskCount: Int, featureCount: Int) throws {
        let problem = Self.problem(taskCount: taskCount, featureCount: featureCount)
        let own = try own(problem)
        let soft = try fit(MOLAR(shrinkage: .soft), problem)
        let counts = problem.sampleCounts
        let ratio = Double(counts.reduce(0, +)) / Double(counts[0])
        #expect((ratio < Double(featureCount)) == (taskCount == 3))
        var moved = 0
        for index in own.coefficients.indices where soft.tasks[index] != soft.center[index % featureCount] {
            let distance = abs(soft.tasks[index] - own.coefficients[index])
            #expect(abs(distance - Self.threshold(problem, own, index)) <= 1e-12)
            moved += 1
        }
        #expect(moved > 0)
    }

    @Test("20: the median has the same bits everywhere", arguments: Candidate.all)
    func sameMedian(candidate: Candidate) throws {
        try candidate.run {
            try checkMedian($0)
        } float: {
            try checkMedian($0)
        }
    }

    private func checkMedian<B: Backend>(_ backend: B) throws {
        var stream = TestStream(seed: 20)
        let values = (0..<3 * 701).map { _ in Double(B.Scalar(stream.symmetric())) }
        let weights = (0..<701).map { _ in Double(B.Scalar(1 + stream.symmetric())) }
        func median(on backend: some Backend) throws -> [Double] {
            let vectors = try backend.makeVectors(taskCount: 701, width: 3)
            try backend.upload(values, into: vectors)
            let taskWeights = try backend.makeVectors(taskCount: 701, width: 1)
            try backend.upload(weights, into: taskWeights)
            let result = try backend.makeVectors(taskCount: 1, width: 3)
            try backend.weightedMedian(of: vectors, weights: taskWeights, tie: .lower, into: result)
            return try backend.download(result)
        }
        #expect(try median(on: backend) == median(on: Self.reference))
    }
}

/// The natural logarithm, from the series of `2 artanh((x - 1) / (x + 1))`: independent of the library's.
private func logarithm(_ x: Double) -> Double {
    let z = (x - 1) / (x + 1)
    var (power, sum) = (z, 0.0)
    for k in 0..<4000 {
        sum += power / Double(2 * k + 1)
        power *= z * z
    }
    return 2 * sum
}
