import Compute

/// ARMUL's coefficients at one centre a group, and what certifies that they are optimal.
///
/// The dual problem is to maximise `-sum of w_j f_j*(u_j)` over slopes `u_j` with `||u_j|| <= lambda_j` and
/// `sum of w_j u_j = 0`. With `G` the slope of `F` that is left and `d = H^-1 G`, the slopes of `f_j` at `y_j = x_j - d` have
/// a weighted sum of 0; times `a`, the largest factor up to 1 that brings all within their `lambda_j`, they are feasible.
/// Being slopes, their conjugates are known: with `o_j` the task's own solution,
///
///     f_j*(a u_j) = z'H_j z / 2 - e_j / 2,    z = a y_j + (1 - a) o_j
///
/// With the squared distance slopes have no bound: in its place `||u_j||^2 / (2 lambda_j)` is added to the conjugate.
struct ProfiledFit {
    let tasks: TaskSolutions
    /// Of each group: the objective.
    private(set) var objectives: [Double] = []
    /// The largest violation of the conditions for an optimum, over the scale of slopes.
    private(set) var residuals: [Double] = []
    private(set) var dualityGaps: [Double] = []

    init<B: Backend, R: Backend<Double>>(
        _ solver: CenterSolver<B>, at centers: VanillaCenters, on reference: R
    ) throws(ComputeError) {
        let loss = solver.loss
        tasks = try TaskSolutions(loss, at: centers)
        let point = try DualPoint(solver, slopes: tasks.slopes, on: reference)
        let (scales, constants) = (solver.slopeScales, loss.constants)
        for (group, members) in loss.members.enumerated() {
            let included = members.filter { loss.weights[$0] > 0 }
            let slope = point.left[group].reduce(0) { $0 + $1 * $1 }.squareRoot()
            residuals.append(included.reduce(slope) { max($0, tasks.violations[$1]) } / scales[group])
            let value = included.reduce(0.0) { $0 + loss.weights[$1] * tasks.values[$1] }
            objectives.append(value + constants[group])
            dualityGaps.append(
                included.reduce(value) { sum, task in
                    let own = conjugate(
                        task, images: point.images, move: point.moves[group], factor: point.factors[group])
                    return sum + loss.weights[task] * (own + point.conjugates[task])
                })
        }
    }

    /// `z'H_j z / 2` of one task, where `H_j x_j` is its slope and `b_j`.
    private func conjugate(_ task: Int, images: [Double], move: [Double], factor: Double) -> Double {
        let first = task * move.count
        var (square, linear) = (0.0, 0.0)
        for (place, shift) in move.enumerated() {
            let (y, b) = (tasks.coefficients[first + place] - shift, tasks.linear[first + place])
            square += y * (tasks.slopes[first + place] + b - images[first + place])
            linear += y * b
        }
        let rest = 1 - factor
        return (factor * factor * square + 2 * factor * rest * linear + rest * rest * tasks.ownGains[task]) / 2
    }
}
