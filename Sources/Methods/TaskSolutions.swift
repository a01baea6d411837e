import Compute

/// Every task's coefficients at its group's centre, with what their optimality is judged by. All values a task lie one
/// behind the other.
struct TaskSolutions {
    /// `x_j`.
    private(set) var coefficients: [Double] = []
    /// `H_j x_j - b_j`, formed anew from the moments.
    private(set) var slopes: [Double] = []
    /// `b_j`.
    private(set) var linear: [Double] = []
    /// `b_j'o_j`, where `o_j` is the task's own solution: twice what that gains over zero.
    private(set) var ownGains: [Double] = []
    /// `x'Hx / 2 - b'x + lambda ||x - c||`.
    private(set) var values: [Double] = []
    /// `||x_j - c_j||`.
    private(set) var distances: [Double] = []
    /// How far each task is from its optimum: the norm of a proximal step's move, over the step's length.
    private(set) var violations: [Double] = []

    /// Solves the tasks of every shard around their centres.
    init<B: Backend>(_ loss: ProfiledLoss<B>, at centers: some SharedCenters) throws(ComputeError) {
        let (backend, order, limits) = (loss.backend, loss.order, loss.thresholds)
        try loss.quadratics.forEachShard { shard throws(ComputeError) in
            let count = shard.tasks.count
            let result = try backend.makeInfimalConvolution(taskCount: count, order: order)
            let middles = try centers.place(at: shard, of: loss)
            func solve(at centers: Vectors<B.Buffer>, _ thresholds: Vectors<B.Buffer>) throws(ComputeError) {
                try backend.infimalConvolution(
                    of: shard.system, linear: shard.linear, at: centers, thresholds: thresholds,
                    tolerance: TaskQuadratics<B>.tolerance, into: result)
            }
            try solve(at: middles, loss.upload(limits, of: shard))
            let own = try backend.download(result.minimizers)
            let images = try backend.makeVectors(taskCount: count, width: order)
            try backend.multiply(shard.moments.gram, result.minimizers, into: images)
            let cross = try backend.download(shard.moments.cross)
            let products = try backend.download(images)
            let places = try backend.download(middles)
            // With no threshold the least value is that of the task's own solution.
            try solve(
                at: backend.makeVectors(taskCount: 1, width: order), backend.makeVectors(taskCount: 1, width: 1))
            ownGains += try backend.download(result.values).map { -2 * $0 }
            let judged = backend.parallel.map(count) { task in
                let center = places.count == order ? places[...] : places[task * order..<(task + 1) * order]
                let values = task * order..<(task + 1) * order
                return TaskOptimality(
                    own[values], image: products[values], linear: cross[values], center: center,
                    limit: limits[shard.tasks.lowerBound + task],
                    curvature: loss.quadratics.traces[shard.tasks.lowerBound + task])
            }
            coefficients += own
            slopes += zip(products, cross).map { $0 - $1 }
            linear += cross
            self.values += judged.map(\.value)
            distances += judged.map(\.distance)
            violations += judged.map(\.violation)
        }
    }
}

/// The objective of one task, and how far it is from its optimum.
private struct TaskOptimality {
    let value: Double
    let distance: Double
    let violation: Double

    /// - Parameters:
    ///   - image: `H x`.
    ///   - curvature: not less than any of `H`.
    init(
        _ x: ArraySlice<Double>, image: ArraySlice<Double>, linear: ArraySlice<Double>, center: ArraySlice<Double>,
        limit: Double, curvature: Double
    ) {
        var (quadratic, distance, length) = (0.0, 0.0, 0.0)
        let parts = zip(zip(x, center), zip(image, linear))
        for ((value, middle), (product, b)) in parts {
            quadratic += value * (product / 2 - b)
            distance += (value - middle) * (value - middle)
            let target = curvature * (value - middle) - (product - b)
            length += target * target
        }
        distance = distance.squareRoot()
        self.distance = distance
        value = quadratic + (distance > 0 ? limit * distance : 0)
        // A proximal step of length 1 / curvature goes to c + shrunken (x - c - slope / curvature).
        length = length.squareRoot()
        let factor = length <= limit ? 0 : 1 - limit / length
        var move = 0.0
        for ((value, middle), (product, b)) in parts {
            let target = curvature * (value - middle) - (product - b)
            let difference = curvature * (value - middle) - factor * target
            move += difference * difference
        }
        violation = curvature > 0 ? move.squareRoot() : 0
    }
}

extension ProfiledLoss {
    /// How far each task's coefficients are from their optimum, given their slopes: as ``TaskSolutions/violations``.
    func violations(
        _ coefficients: [Double], slopes: [Double], around centers: some SharedCenters
    ) throws(ComputeError) -> [Double] {
        var violations: [Double] = []
        let zeros = Array(repeating: 0.0, count: order)
        try quadratics.forEachShard { shard throws(ComputeError) in
            let places = try backend.download(centers.place(at: shard, of: self))
            violations += backend.parallel.map(shard.tasks.count) { task in
                let values = (shard.tasks.lowerBound + task) * order..<(shard.tasks.lowerBound + task + 1) * order
                return TaskOptimality(
                    coefficients[values], image: slopes[values], linear: zeros[...],
                    center: places.count == order ? places[...] : places[task * order..<(task + 1) * order],
                    limit: thresholds[shard.tasks.lowerBound + task],
                    curvature: quadratics.traces[shard.tasks.lowerBound + task]
                ).violation
            }
        }
        return violations
    }
}
