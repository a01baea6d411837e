import Compute

/// One centre for all tasks, or one for each of several groups: eq. (3.11).
struct VanillaStructure: CenterStructure {
    var isConvex: Bool { true }

    func solve<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, continuing centers: VanillaCenters?, on reference: R
    ) throws(ComputeError) -> VanillaCenters {
        let solver = try CenterSolver(loss)
        return VanillaCenters(try solver.solve(strengths: [1], from: centers?.centers, on: reference))
    }

    /// All strengths are columns of one computation.
    func solve<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, strengths: [Double], on reference: R
    ) throws(ComputeError) -> [VanillaCenters] {
        let found = try CenterSolver(loss).solve(strengths: strengths, on: reference)
        return strengths.indices.map { place in
            VanillaCenters((0..<loss.groupCount).map { found[$0 * strengths.count + place] })
        }
    }
}

/// The centre of each group.
struct VanillaCenters: SharedCenters {
    let centers: [[Double]]
    let iterationCount: Int
    let hasConverged: Bool

    init(_ solved: [SolvedCenter]) {
        centers = solved.map(\.center)
        iterationCount = solved.map(\.iterationCount).max() ?? 0
        hasConverged = solved.allSatisfy(\.hasConverged)
    }

    func place<B: Backend>(
        at shard: TaskQuadratics<B>.Shard, of loss: ProfiledLoss<B>
    ) throws(ComputeError) -> Vectors<B.Buffer> {
        try loss.place(centers.flatMap { $0 }, columnCount: 1, of: shard)
    }

    func slope<B: Backend>(_ slopes: [Double], of loss: ProfiledLoss<B>) -> Double {
        loss.members.reduce(0) { max($0, loss.meanSlope(slopes, of: $1)) }
    }

    func standIns<B: Backend>(of loss: ProfiledLoss<B>) -> [StandIn] {
        zip(centers, loss.members).map { StandIn(center: $0, members: $1, tasks: $1) }
    }

    func describe<B: Backend>(
        _ loss: ProfiledLoss<B>, into fit: inout Fit, _ center: CenterCoefficients
    ) throws(ComputeError) {
        fit.center = .ofCenter(try center(centers[0], loss.members[0]))
    }
}

extension Estimate {
    /// A centre: nothing is known of its errors.
    static func ofCenter(_ coefficients: [Double], sampleCount: Int = 0) -> Estimate {
        Estimate(
            coefficients: coefficients, standardErrors: coefficients.map { _ in .nan }, degreesOfFreedom: .nan,
            sampleCount: sampleCount, condition: .nan)
    }
}

extension ProfiledLoss {
    /// The length of the weighted mean of some tasks' slopes.
    func meanSlope(_ slopes: [Double], of tasks: [Int]) -> Double {
        var (sum, total) = (Array(repeating: 0.0, count: order), 0.0)
        for task in tasks where weights[task] > 0 {
            total += weights[task]
            for place in 0..<order { sum[place] += weights[task] * slopes[task * order + place] }
        }
        return total > 0 ? sum.reduce(0) { $0 + $1 * $1 }.squareRoot() / total : 0
    }
}
