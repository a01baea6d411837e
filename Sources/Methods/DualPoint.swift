import Compute

/// Slopes of tasks, made feasible for the dual problem: for the penalty's part of it only their lengths matter.
///
/// With the norm a slope is at most as long as its threshold. With the squared distance any is feasible, and costs
/// `||u||^2 / (2 t)`; where `t` is 0 only 0 is.
struct DualPoint {
    /// What all slopes are multiplied with, up to 1.
    let factor: Double
    /// The conjugate of each task's penalty there.
    let conjugates: [Double]

    init(lengths: [Double], thresholds: [Double], distance: Distance) {
        let tasks = zip(lengths, thresholds)
        let factor = tasks.reduce(1.0) { least, task in
            let (length, threshold) = task
            let limit = distance == .squared && threshold > 0 ? .infinity : threshold
            return length > limit ? min(least, limit / length) : least
        }
        self.factor = factor
        conjugates = tasks.map { length, threshold in
            let own = factor * length
            return distance == .squared && own > 0 ? own * own / (2 * threshold) : 0
        }
    }
}
