import Compute

/// Each task's mean squared loss in the coefficients that a LASSO penalises, `f_m(x) = x'H x / 2 - b'x + e / 2` on the user's
/// scale, a shard at a time; a free intercept is the best there is for the others.
struct LassoTasks<B: Backend> {
    private let moments: MomentShards<B>
    private let shrunk: ShrunkCoefficients
    /// The sum of the weights of each task's rows, in the user's units.
    let weightSums: [Double]

    init(_ lasso: Lasso, of moments: MomentShards<B>) throws(ComputeError) {
        self.moments = moments
        shrunk = ShrunkCoefficients(
            scaling: moments.scaling, free: lasso.intercept == .free ? moments.scaling.intercept : nil,
            variances: lasso.standardizes ? try moments.variances() : nil)
        weightSums = moments.weightSums.map { $0 / moments.weightScale }
    }

    /// Coefficients that are penalised.
    var order: Int { shrunk.order }
    /// All of them.
    var coefficientCount: Int { shrunk.coefficientCount }
    var parallel: Parallel { moments.backend.parallel }
    var progress: PassProgress? { moments.progress }

    /// A solution whose KKT residual, as a share of the largest slope at the centre, is above this has not converged.
    private static var mostViolation: Double { 1e-8 }

    /// `e`, what the best intercept alone leaves of each task's mean square.
    func responseVariances() throws(ComputeError) -> [Double] {
        let size = triangleCount(order + 1)
        var variances: [Double] = []
        try forEachShard { _, values throws(ComputeError) in
            for task in values.isIncluded.indices { variances.append(values.joint[(task + 1) * size - 1]) }
        }
        return variances
    }

    /// Every task's coefficients on the user's scale: `taskCount x strengths x coefficients`.
    ///
    /// - Parameters:
    ///   - penalties: `lambda_m` at a strength of 1.
    ///   - strengths: ascending; the descent goes from the greatest to the least, each begun at the one before.
    func coefficients(
        around center: [Double], penalties: [Double], strengths: [Double], mixture: Double
    ) throws(ComputeError) -> [Double] {
        let (width, count) = (shrunk.coefficientCount, strengths.count)
        var coefficients: [Double] = []
        coefficients.reserveCapacity(penalties.count * count * width)
        try forEachShard { tasks, values throws(ComputeError) in
            let descending = tasks.flatMap { task in strengths.reversed().map { penalties[task] * $0 } }
            let found = try solve(values, around: center, penalties: descending, mixture: mixture)
            let deviations = try moments.backend.download(found.deviations)
            for place in 0..<tasks.count {
                for column in (place * count..<(place + 1) * count).reversed() {
                    coefficients += full(
                        deviations[column * order..<(column + 1) * order], around: center, values, place)
                }
            }
        }
        return coefficients
    }

    /// What is told of all tasks at a penalty each.
    func fit(around center: [Double], penalties: [Double], mixture: Double) throws(ComputeError) -> Fit {
        let (backend, width, counts) = (moments.backend, shrunk.coefficientCount, moments.sampleCounts)
        var fit = Fit(tasks: TaskEstimates(taskCount: 0, featureCount: width), statuses: [])
        fit.reserveCapacity(taskCount: counts.count)
        var differing = Array(repeating: 0, count: order)
        var (worst, objective, level, total, sampleCount) = (0.0, 0.0, 0.0, 0.0, 0)
        try forEachShard { tasks, values throws(ComputeError) in
            let found = try solve(values, around: center, penalties: Array(penalties[tasks]), mixture: mixture)
            let deviations = try backend.download(found.deviations)
            let violations = try backend.download(found.violations)
            let linear = try backend.download(found.linear)
            let losses = try losses(found, values, around: center)
            var estimates = TaskEstimates(taskCount: tasks.count, featureCount: width)
            for (place, task) in tasks.enumerated() {
                guard values.isIncluded[place] else {
                    fit.statuses.append(counts[task] == 0 ? .tooFewRows : .nonFinite)
                    continue
                }
                let own = deviations[place * order..<(place + 1) * order]
                estimates.setCoefficients(of: place, to: full(own, around: center, values, place))
                // A slope that is all rounding need not vanish where columns are dependent.
                var violation = violations[place]
                if violation > Self.mostViolation,
                    violation * largestSlope(linear, values, place) <= rounding(values, place)
                {
                    violation = 0
                }
                fit.statuses.append(violation <= Self.mostViolation ? .ok : .notConverged)
                worst = violation.isNaN ? .nan : max(worst, violation)
                for (k, deviation) in own.enumerated() where deviation != 0 { differing[k] += 1 }
                let penalty = own.reduce(0.0) { $0 + mixture * abs($1) + (1 - mixture) / 2 * $1 * $1 }
                objective += weightSums[task] * (losses[place] + (penalty > 0 ? penalties[task] * penalty : 0))
                level += weightSums[task] * self.level(values, place, slopes(center))
                total += weightSums[task]
                sampleCount += counts[task]
            }
            fit.append(Fit(tasks: estimates, statuses: []))
        }
        var coefficients = center
        if let free = shrunk.free { coefficients[free] = level / total }
        fit.center = .ofCenter(coefficients, sampleCount: sampleCount)
        fit.centerStatus = coefficients.allSatisfy(\.isFinite) ? .ok : .tooFewRows
        for (task, status) in fit.statuses.enumerated() where status != .ok && status != .notConverged {
            fit.tasks?.setCoefficients(of: task, to: coefficients)
        }
        var places = differing.makeIterator()
        fit.differingTaskCounts = (0..<width).map { $0 == shrunk.free ? nil : places.next() }
        fit.certificate = Certificate(
            objective: objective / total, residual: worst, dualityGap: nil, iterationCount: nil,
            hasConverged: !fit.statuses.contains(.notConverged))
        return fit
    }

    // MARK: A shard

    /// Calls `body` with each shard's tasks and their losses, in order.
    func forEachShard(
        _ body: (Range<Int>, QuadraticValues) throws(ComputeError) -> Void
    ) throws(ComputeError) {
        let user = UserMoments(shrunk, scaling: moments.scaling)
        let constant = ConstantFeatures(shrunk, scaling: moments.scaling)
        try moments.forEachShard { tasks, shard throws(ComputeError) in
            let values = user.convert(
                try moments.backend.download(shard.joint.triangles), weightSums: Array(moments.weightSums[tasks]),
                moments.backend.parallel)
            try body(tasks, constant.cleared(values))
        }
    }

    /// Solves each column of each task.
    ///
    /// - Parameter penalties: `taskCount x columns`.
    private func solve(
        _ values: QuadraticValues, around center: [Double], penalties: [Double], mixture: Double
    ) throws(ComputeError) -> LassoSolution<B> {
        let (backend, taskCount) = (moments.backend, values.isIncluded.count)
        let columnCount = penalties.count / max(1, taskCount)
        let quadratics = try backend.makeMoments(taskCount: taskCount, featureCount: order, zeroed: false)
        try backend.upload(values.joint, into: quadratics.joint.triangles)
        var linear = quadratics.cross
        let slopes = slopes(center)
        if slopes.contains(where: { $0 != 0 }) {
            let shared = try backend.makeVectors(taskCount: 1, width: order)
            try backend.upload(slopes, into: shared)
            linear = try backend.makeVectors(taskCount: taskCount, width: order)
            try backend.multiply(quadratics.gram, shared, into: linear)
            try backend.combine(quadratics.cross.scaled(by: 1), linear.scaled(by: -1), into: linear)
        }
        let thresholds = try backend.makeVectors(
            taskCount: taskCount, columnCount: columnCount, width: 1, zeroed: false)
        try backend.upload(penalties, into: thresholds)
        let deviations = try backend.makeVectors(taskCount: taskCount, columnCount: columnCount, width: order)
        let violations = try backend.makeVectors(taskCount: taskCount, columnCount: columnCount, width: 1)
        try backend.elasticNet(
            quadratics.gram, linear: linear, thresholds: thresholds, mixture: B.Scalar(mixture), into: deviations,
            violations: violations)
        return LassoSolution(
            quadratics: quadratics, linear: linear, deviations: deviations, violations: violations)
    }

    /// `f_m` where each task is. With `u` the deviation from the centre it is `f_m(c) - q'u + u'H u / 2`.
    private func losses(
        _ found: LassoSolution<B>, _ values: QuadraticValues, around center: [Double]
    ) throws(ComputeError) -> [Double] {
        let (backend, taskCount) = (moments.backend, values.isIncluded.count)
        let product = try backend.makeVectors(taskCount: taskCount, width: order)
        try backend.multiply(found.quadratics.gram, found.deviations, into: product)
        try backend.combine(product.scaled(by: 0.5), found.linear.scaled(by: -1), into: product)
        let loss = try backend.makeVectors(taskCount: taskCount, width: 1)
        try backend.dots(found.deviations, product, into: loss)
        let changes = try backend.download(loss)
        // f(c) = e / 2 - (b + q)'c / 2.
        let shared = try backend.makeVectors(taskCount: 1, width: order)
        try backend.upload(slopes(center), into: shared)
        try backend.combine(found.quadratics.cross.scaled(by: 0.5), found.linear.scaled(by: 0.5), into: product)
        try backend.dots(product, shared, into: loss)
        let atCenter = try backend.download(loss)
        let size = triangleCount(order + 1)
        return changes.indices.map { max(0, values.joint[($0 + 1) * size - 1] / 2 - atCenter[$0] + changes[$0]) }
    }

    /// The largest slope of a task's loss at the centre, `|q_k| / sqrt(H_kk)`.
    private func largestSlope(_ linear: [Double], _ values: QuadraticValues, _ task: Int) -> Double {
        let first = task * triangleCount(order + 1)
        return (0..<order).reduce(0.0) { largest, k in
            let diagonal = values.joint[first + triangleCount(k) + k]
            return diagonal > 0 ? max(largest, abs(linear[task * order + k]) / diagonal.squareRoot()) : largest
        }
    }

    /// What rounding may leave of such a slope: 4096 units of the last digit of the root mean square of the response, as its
    /// moments are formed.
    private func rounding(_ values: QuadraticValues, _ task: Int) -> Double {
        let shift = moments.scaling.shifts[moments.featureCount]
        let mean = values.levels[(task + 1) * (order + 1) - 1] - shift
        let square = mean * mean + (shrunk.free == nil ? shift * shift : 0)
        let rest = max(0, values.joint[(task + 1) * triangleCount(order + 1) - 1])
        return 4096 * Double.ulpOfOne * (square + rest).squareRoot()
    }

    /// A centre on the user's scale as the coefficients that are penalised.
    func slopes(_ center: [Double]) -> [Double] {
        shrunk.features.enumerated().map { center[$1] * shrunk.units[$0] }
    }

    /// Sets a coefficient that is penalised in those on the user's scale.
    func setSlope(_ place: Int, to value: Double, in coefficients: inout [Double]) {
        coefficients[shrunk.features[place]] = value / shrunk.units[place]
    }

    /// A task's coefficients on the user's scale: the centre's own where they do not deviate.
    private func full(
        _ deviations: ArraySlice<Double>, around center: [Double], _ values: QuadraticValues, _ task: Int
    ) -> [Double] {
        var coefficients = center
        for (place, feature) in shrunk.features.enumerated() {
            coefficients[feature] += deviations[deviations.startIndex + place] / shrunk.units[place]
        }
        if let free = shrunk.free { coefficients[free] = level(values, task, slopes(coefficients)) }
        return coefficients
    }

    /// The free intercept of a task, given its slopes; 0 where there is none.
    private func level(_ values: QuadraticValues, _ task: Int, _ slopes: [Double]) -> Double {
        guard shrunk.free != nil else { return 0 }
        let first = task * (order + 1)
        var level = values.levels[first + order]
        for (place, slope) in slopes.enumerated() { level -= values.levels[first + place] * slope }
        return level
    }
}

/// What coordinate descent found of a shard's tasks.
private struct LassoSolution<B: Backend> {
    /// `H`, `b` and `e`.
    let quadratics: Moments<B.Buffer>
    /// `q = b - H c`.
    let linear: Vectors<B.Buffer>
    /// `x - c`, one a column.
    let deviations: Vectors<B.Buffer>
    let violations: Vectors<B.Buffer>
}
