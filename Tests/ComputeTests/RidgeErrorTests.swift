import Compute
import Definitions
import TestSupport
import Testing

@Suite("Ridge errors on rows held out")
struct RidgeErrorTests {
    @Test("are those of fits to the other rows", arguments: Candidate.all, RandomProblem.adversarial)
    func errors(candidate: Candidate, problem: RandomProblem) throws {
        try candidate.run {
            try checkErrors($0, RidgeProblem(problem))
        } float: {
            try checkErrors($0, RidgeProblem(problem))
        }
    }

    private func checkErrors<B: Backend>(_ backend: B, _ problem: RidgeProblem) throws {
        let found = try backend.ridgeErrors(of: problem)
        for task in problem.fitted.indices {
            for penalty in 0..<3 {
                let (error, expected) = (found[task, penalty, 0], problem.error(task, penalty))
                let tolerance = problem.tolerance(task, penalty, B.Scalar.self)
                #expect(error.isNaN && expected.isNaN || abs(error - expected) <= tolerance)
            }
        }
    }

    @Test("a penalty and a center of one task and coordinate serve all", arguments: Candidate.all)
    func repeated(candidate: Candidate) throws {
        try candidate.run {
            try checkRepeated($0)
        } float: {
            try checkRepeated($0)
        }
    }

    /// Tasks without rows to fit have the center for coefficients: with an identity for the held-out Gram the error is
    /// `s - 2 m'c + m'm`.
    private func checkRepeated<B: Backend>(_ backend: B) throws {
        let (taskCount, order) = (35, 3)
        let joint = [1, 0, 1, 0, 0, 1, 0.5, -1, 2, 8]
        let moments = try backend.makeMoments(taskCount: taskCount, featureCount: order)
        try backend.upload((0..<taskCount).flatMap { _ in joint }, into: moments.joint.triangles)
        let penalties = try backend.upload(TaskValues(taskCount: 1, columnCount: 2, width: 1, values: [4, 0]))
        let center = try backend.upload(TaskValues(taskCount: 1, width: 1, values: [0.25]))
        let errors = try backend.makeVectors(taskCount: taskCount, columnCount: 2, width: 1)
        try backend.ridgeErrors(
            of: moments, holdingOut: moments, penalties: penalties, toward: center, tolerance: 64 * B.Scalar.ulpOfOne,
            into: errors)
        let found = try backend.hostCopy(of: errors)
        for task in 0..<taskCount {
            // Every step is exact.
            #expect(found[task, 0, 0] == 8 - 2 * 0.25 * 1.5 + 3 * 0.0625)
            // Without rows and penalty there is no fit.
            #expect(found[task, 1, 0].isNaN)
        }
    }

    @Test("are not finite where moments are not, and leave other tasks alone", arguments: Candidate.all)
    func notFinite(candidate: Candidate) throws {
        try candidate.run {
            try checkNotFinite($0)
        } float: {
            try checkNotFinite($0)
        }
    }

    private func checkNotFinite<B: Backend>(_ backend: B) throws {
        let problem = RandomProblem(sampleCounts: Array(repeating: 12, count: 20), featureCount: 3, isWeighted: false)
        let plain = try backend.ridgeErrors(of: RidgeProblem(problem))
        // A response or a feature of a row to fit, and a response of one held out.
        var spoiled = RidgeProblem(problem)
        spoiled.fitted[0].response[0] = .infinity
        spoiled.fitted[5].design[3][1] = .nan
        spoiled.heldOut[19].response[2] = .infinity
        let found = try backend.ridgeErrors(of: spoiled)
        for task in 0..<20 {
            for penalty in 0..<3 {
                let (error, other) = (found[task, penalty, 0], plain[task, penalty, 0])
                #expect([0, 5, 19].contains(task) ? !error.isFinite : error == other)
            }
        }
    }
}
