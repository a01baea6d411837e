import CPUFallback
import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("Clustered ARMUL")
struct SlowClusteredARMULTests {
    static var reference: CPUBackend<Double> { CPUBackend(parallel: Parallel(threadCount: 2)) }

    /// Twelve tasks around three centres in turn.
    static let problem: ArrayProblem = {
        var problem = ArrayProblem(
            RandomProblem(sampleCounts: (0..<12).map { 25 + $0 % 4 }, featureCount: 3, isWeighted: false))
        for task in problem.tasks.indices {
            let shift = [[0, 6, 0], [0, 0, 6], [0, -4, -4]][task % 3].map { Double($0) }
            problem.tasks[task].response = zip(problem.tasks[task].response, problem.tasks[task].design).map {
                $0 + Definitions.dot($1, shift)
            }
        }
        return problem
    }()

    private func fit(_ armul: ARMUL, _ problem: ArrayProblem = problem) throws -> Fit {
        try SlowARMULTests.fit(armul, problem)
    }

    @Test("one cluster is ARMUL with one centre", arguments: [0.1, 0.6, 10])
    func oneCluster(strength: Double) throws {
        let clustered = try fit(ARMUL(structure: .clustered(ClusterStructure(count: 1)), strength: strength))
        let vanilla = try fit(ARMUL(strength: strength))
        SlowARMULTests.expectClose(try #require(clustered.tasks).coefficients, try #require(vanilla.tasks).coefficients)
        SlowARMULTests.expectClose(
            try #require(clustered.clusters).centers[0], try #require(vanilla.center).coefficients)
        let (one, other) = (try #require(clustered.certificate), try #require(vanilla.certificate))
        SlowARMULTests.expectClose([one.objective], [other.objective])
    }

    @Test(
        "with a cluster for each task all have their own fits, at any strength", arguments: [0.1, 10, Double.infinity])
    func allClusters(strength: Double) throws {
        let clustered = try fit(ARMUL(structure: .clustered(ClusterStructure(count: 12)), strength: strength))
        let own = try Individual().fit(Self.problem, on: Self.reference, reference: Self.reference)
        SlowARMULTests.expectClose(try #require(clustered.tasks).coefficients, try #require(own.tasks).coefficients)
        #expect(Set(try #require(clustered.clusters).labels).count == 12)
    }

    @Test("clusters that are apart are found, on every backend", arguments: Candidate.all)
    func apart(candidate: Candidate) throws {
        try candidate.run {
            try checkApart($0)
        } float: {
            try checkApart($0)
        }
    }

    private func checkApart<B: Backend>(_ backend: B) throws {
        let armul = ARMUL(structure: .clustered(ClusterStructure(count: 3)), strength: 0.5)
        let fit = try armul.fit(Self.problem, on: backend, reference: Self.reference)
        let labels = try #require(fit.clusters).labels
        for task in labels.indices {
            for other in labels.indices { #expect((labels[task] == labels[other]) == (task % 3 == other % 3)) }
        }
        let certificate = try #require(fit.certificate)
        #expect(certificate.hasConverged && fit.centerStatus == .ok)
        #expect(certificate.residual <= (B.Scalar.self == Double.self ? 1e-12 : 4096 * Double(B.Scalar.ulpOfOne)))
        #expect(certificate.dualityGap == nil)
    }

    @Test("each cluster is ARMUL of its members alone")
    func members() throws {
        let clustered = try fit(ARMUL(structure: .clustered(ClusterStructure(count: 3)), strength: 0.3))
        let clusters = try #require(clustered.clusters)
        let tasks = try #require(clustered.tasks)
        for (cluster, center) in clusters.centers.enumerated() {
            let members = clusters.labels.indices.filter { clusters.labels[$0] == cluster }
            var own = Self.problem
            own.tasks = members.map { Self.problem.tasks[$0] }
            let alone = try fit(ARMUL(strength: 0.3), own)
            SlowARMULTests.expectClose(center, try #require(alone.center).coefficients)
            SlowARMULTests.expectClose(
                members.flatMap { Array(tasks.coefficients(of: $0)) }, try #require(alone.tasks).coefficients)
        }
    }

    @Test("an infinite strength gives each cluster the pooled fit of its members")
    func hardClusters() throws {
        let armul = ARMUL(
            structure: .clustered(ClusterStructure(count: 3)), strength: .infinity, intercept: .shared)
        let clusters = try #require(try fit(armul).clusters)
        for (cluster, center) in clusters.centers.enumerated() {
            var own = Self.problem
            own.tasks = Self.problem.tasks.indices.filter { clusters.labels[$0] == cluster }.map {
                Self.problem.tasks[$0]
            }
            let pooled = try Pooled().fit(own, on: Self.reference, reference: Self.reference)
            SlowARMULTests.expectClose(center, try #require(pooled.center).coefficients)
        }
    }

    @Test("no task would have less of a loss at another centre", arguments: [0.02, 0.2, 2])
    func labels(strength: Double) throws {
        let armul = ARMUL(
            structure: .clustered(ClusterStructure(count: 4)), strength: strength, intercept: .shared)
        let clusters = try #require(try fit(armul).clusters)
        for (task, rows) in Self.problem.tasks.enumerated() {
            let count = Double(rows.response.count)
            let joint = Definitions.jointGram(rows, featureCount: 3).map { $0.map { $0 / count } }
            let gram = (0..<3).map { Array(joint[$0][..<3]) }
            let linear = (0..<3).map { joint[$0][3] }
            let threshold = strength * (3 / count).squareRoot()
            func cost(_ center: [Double]) -> Double {
                let x = Definitions.convolutionMinimizer(gram, linear: linear, at: center, threshold: threshold)
                return Definitions.quadraticForm(gram, x) / 2 - Definitions.dot(linear, x)
                    + threshold * Definitions.distance(x, center)
            }
            let own = cost(clusters.centers[clusters.labels[task]])
            for center in clusters.centers { #expect(own <= cost(center) + 1e-10) }
        }
    }

    @Test("more beginnings never end higher")
    func restarts() throws {
        let objectives = try [1, 3, 10].map { count in
            let structure = ClusterStructure(count: 4, restartCount: count, seed: 3)
            return try #require(fit(ARMUL(structure: .clustered(structure), strength: 0.1)).certificate).objective
        }
        #expect(objectives[1] <= objectives[0] && objectives[2] <= objectives[1])
    }

    @Test("clusters of a least size are as large, whatever that costs", arguments: [0.5, 1])
    func leastSize(share: Double) throws {
        // One task far from all others would be a cluster alone.
        var problem = Self.problem
        problem.tasks[7].response = problem.tasks[7].design.map { Definitions.dot($0, [1, 90, -60]) }
        let free = ClusterStructure(count: 3)
        let least = ClusterStructure(count: 3, leastShare: share)
        let one = try fit(ARMUL(structure: .clustered(free), strength: .infinity), problem)
        let other = try fit(ARMUL(structure: .clustered(least), strength: .infinity), problem)
        func sizes(_ fit: Fit) throws -> [Int] {
            let labels = try #require(fit.clusters).labels
            return (0..<3).map { label in labels.count { $0 == label } }.sorted()
        }
        #expect(try sizes(one)[0] == 1)
        #expect(try sizes(other)[0] >= Int((share * 4).rounded(.up)))
        #expect(try #require(other.certificate).objective > #require(one.certificate).objective)
    }

    @Test("tasks that take no part get a centre and change no label")
    func badTasks() throws {
        var problem = Self.problem
        problem.tasks.append(TaskRows(design: [], response: [], weights: []))
        problem.tasks.append(problem.tasks[0])
        problem.tasks[13].response[2] = .nan
        let armul = ARMUL(structure: .clustered(ClusterStructure(count: 3)), strength: 0.3)
        let (plain, found) = (try fit(armul), try fit(armul, problem))
        #expect(found.statuses[12] == .tooFewRows && found.statuses[13] == .nonFinite)
        let clusters = try #require(found.clusters)
        let tasks = try #require(found.tasks)
        for task in [12, 13] { #expect(clusters.centers.contains(Array(tasks.coefficients(of: task)))) }
        SlowARMULTests.expectClose(Array(tasks.coefficients[..<36]), try #require(plain.tasks).coefficients)
    }

    @Test("the strength can be found by cross-validation")
    func crossValidation() throws {
        let grid = StrengthGrid(strengths: [0.01, 0.4, 40], foldCount: 4)
        let structure = ClusterStructure(count: 3, restartCount: 4)
        let fit = try fit(ARMUL(structure: .clustered(structure), penalty: .crossValidated(grid)))
        let curve = try #require(fit.penaltyCurve)
        #expect(curve.count == 3 && curve.allSatisfy { $0.error > 0 && $0.error.isFinite })
        // Tasks of a cluster are alike.
        #expect(try #require(fit.penalty).value > 0.01)
    }
}
