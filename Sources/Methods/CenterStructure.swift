import Compute

/// What the centres of tasks have in common, and how they are found: one type a structure.
protocol CenterStructure: Sendable {
    associatedtype Centers: SharedCenters

    /// Whether the problem has one least value, which every start leads to; one centre for all tasks then is a start.
    var isConvex: Bool { get }

    /// Centres at which the sum of the profiled losses is least, or where the problem is not convex stationary.
    ///
    /// - Parameter centers: where to begin, if it is known.
    func solve<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, continuing centers: Centers?, on reference: R
    ) throws(ComputeError) -> Centers

    /// The same at several strengths of the penalty, ascending: one of each.
    func solve<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, strengths: [Double], on reference: R
    ) throws(ComputeError) -> [Centers]
}

extension CenterStructure {
    var isConvex: Bool { false }

    /// Each continues from those of the next greater strength.
    func solve<B: Backend, R: Backend<Double>>(
        _ loss: ProfiledLoss<B>, strengths: [Double], on reference: R
    ) throws(ComputeError) -> [Centers] {
        var found: [Centers] = []
        for strength in strengths.reversed() {
            found.append(try solve(loss.times(strength), continuing: found.last, on: reference))
        }
        return found.reversed()
    }
}

/// Centres of tasks, as a structure has found them.
protocol SharedCenters: Sendable {
    var iterationCount: Int { get }
    var hasConverged: Bool { get }

    /// The centres of a shard's tasks: one that serves all, or one a task.
    func place<B: Backend>(
        at shard: TaskQuadratics<B>.Shard, of loss: ProfiledLoss<B>
    ) throws(ComputeError) -> Vectors<B.Buffer>

    /// The largest slope that is left in what the centres depend on, from the slopes of all tasks' losses.
    func slope<B: Backend>(_ slopes: [Double], of loss: ProfiledLoss<B>) -> Double

    /// Centres that can stand for a task of its own.
    func standIns<B: Backend>(of loss: ProfiledLoss<B>) -> [StandIn]

    /// Adds what a user is told of the centres.
    ///
    /// - Parameter center: all coefficients of a centre, from those that are shrunk and the tasks that it is of.
    func describe<B: Backend>(
        _ loss: ProfiledLoss<B>, into fit: inout Fit, _ center: CenterCoefficients
    ) throws(ComputeError)
}

/// All coefficients of a centre on the user's scale, from those that are shrunk and the tasks that it is of.
typealias CenterCoefficients = ([Double], [Int]) throws(ComputeError) -> [Double]

/// A centre that stands for tasks which take no part.
struct StandIn {
    let center: [Double]
    /// Over these the free coefficients are averaged.
    let members: [Int]
    /// For these it stands.
    let tasks: [Int]
}

extension ProfiledLoss {
    /// Every task's coefficients that are shrunk, and its loss with the penalty less `e_j / 2`, around its centre.
    func solutions(
        at centers: some SharedCenters
    ) throws(ComputeError) -> (coefficients: [Double], values: [Double]) {
        var (coefficients, values): ([Double], [Double]) = ([], [])
        try quadratics.forEachShard { shard throws(ComputeError) in
            let result = try backend.makeInfimalConvolution(taskCount: shard.tasks.count, order: order)
            try write(at: centers.place(at: shard, of: self), upload(thresholds, of: shard), of: shard, into: result)
            coefficients += try backend.download(result.minimizers)
            values += try backend.download(result.values)
        }
        return (coefficients, values)
    }

    /// Coefficients of all features of every task on the user's scale; for a task that takes no part those of the centre
    /// that stands for it, or missing where there is none.
    ///
    /// - Parameter shrunk: those that are shrunk, of every task.
    func coefficients(_ shrunk: [Double], around centers: some SharedCenters) -> [Double] {
        coefficients(shrunk, around: centers.standIns(of: self))
    }

    /// The same with centres that stand for tasks which take no part.
    func coefficients(_ shrunk: [Double], around standIns: [StandIn]) -> [Double] {
        let width = quadratics.shrunk.coefficientCount
        var coefficients = Array(repeating: Double.nan, count: quadratics.taskCount * width)
        let own = FullCoefficients(quadratics)
        for task in weights.indices where weights[task] > 0 { own.write(task, shrunk, to: &coefficients, at: task) }
        for standIn in standIns {
            let center = own.center(standIn.center, of: standIn.members, weights: weights)
            for task in standIn.tasks where weights[task] == 0 {
                for (place, value) in center.enumerated() { coefficients[task * width + place] = value }
            }
        }
        return coefficients
    }
}
