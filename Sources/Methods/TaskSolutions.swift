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
    /// `x'Hx / 2 - b'x` and the penalty.
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
            try loss.write(at: middles, loss.upload(limits, of: shard), of: shard, into: result)
            let own = try backend.download(result.minimizers)
            let images = try backend.makeVectors(taskCount: count, width: order)
            try backend.multiply(shard.moments.gram, result.minimizers, into: images)
            let cross = try backend.download(shard.moments.cross)
            let products = try backend.download(images)
            let places = try backend.download(middles)
            // With no threshold the least value is that of the task's own solution.
            try loss.write(
                at: backend.makeVectors(taskCount: 1, width: order), backend.makeVectors(taskCount: 1, width: 1),
                of: shard, into: result)
            ownGains += try backend.download(result.values).map { -2 * $0 }
            let judged = TaskOptimality(
                own[...], images: products[...], linear: cross, centers: places,
                limits: limits[shard.tasks], loss.distance, curvatures: loss.quadratics.traces[shard.tasks],
                order: order, backend.parallel)
            coefficients += own
            slopes += zip(products, cross).map { $0 - $1 }
            linear += cross
            self.values += judged.values
            distances += judged.distances
            violations += judged.violations
        }
    }
}

/// The objective of consecutive tasks, and how far each is from its optimum. Concrete code for millions of them.
private struct TaskOptimality {
    private(set) var values: [Double]
    private(set) var distances: [Double]
    private(set) var violations: [Double]

    /// - Parameters:
    ///   - x: the tasks' coefficients.
    ///   - images: `H x`.
    ///   - linear: `b`; nil where the images are slopes already.
    ///   - centers: one a task, or one for all.
    ///   - curvatures: none less than any of `H`.
    init(
        _ x: ArraySlice<Double>, images: ArraySlice<Double>, linear: [Double]?, centers: [Double],
        limits: ArraySlice<Double>, _ distance: Distance, curvatures: ArraySlice<Double>, order: Int,
        _ parallel: Parallel
    ) {
        let count = limits.count
        values = Array(repeating: 0, count: count)
        distances = values
        violations = values
        let stride = centers.count == order && count != 1 ? 0 : order
        let none: [Double] = []
        x.withUnsafeBufferPointer { x in
            images.withUnsafeBufferPointer { images in
                (linear ?? none).withUnsafeBufferPointer { linear in
                    centers.withUnsafeBufferPointer { centers in
                        values.withUnsafeMutableBufferPointer { values in
                            distances.withUnsafeMutableBufferPointer { distances in
                                violations.withUnsafeMutableBufferPointer { violations in
                                    parallel.forEachRange(of: count, grain: 1024) { tasks in
                                        for task in tasks {
                                            let own = OneTask(
                                                x: x, images: images, linear: linear, centers: centers,
                                                first: task &* order, middle: task &* stride, order: order)
                                            let limit = limits[limits.startIndex &+ task]
                                            (values[task], distances[task], violations[task]) = own.judged(
                                                limit: limit, distance,
                                                curvature: curvatures[curvatures.startIndex &+ task])
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private struct OneTask {
        let x: UnsafeBufferPointer<Double>
        let images: UnsafeBufferPointer<Double>
        let linear: UnsafeBufferPointer<Double>
        let centers: UnsafeBufferPointer<Double>
        let first: Int
        let middle: Int
        let order: Int

        func judged(
            limit: Double, _ kind: Distance, curvature: Double
        ) -> (value: Double, distance: Double, violation: Double) {
            var (quadratic, distance, length) = (0.0, 0.0, 0.0)
            for place in 0..<order {
                let (value, image) = (x[first &+ place], images[first &+ place])
                let b = linear.isEmpty ? 0 : linear[first &+ place]
                let away = value - centers[middle &+ place]
                quadratic += value * (image / 2 - b)
                distance += away * away
                let target = curvature * away - (image - b)
                length += target * target
            }
            distance = distance.squareRoot()
            // A proximal step of length 1 / curvature goes to c + shrunken (x - c - slope / curvature).
            length = length.squareRoot()
            let factor =
                switch kind {
                case .norm: length <= limit ? 0 : 1 - limit / length
                case .squared: curvature > 0 ? curvature / (curvature + limit) : 0
                }
            var move = 0.0
            for place in 0..<order {
                let b = linear.isEmpty ? 0 : linear[first &+ place]
                let whole = curvature * (x[first &+ place] - centers[middle &+ place])
                let target = whole - (images[first &+ place] - b)
                move += (whole - factor * target) * (whole - factor * target)
            }
            return (quadratic + kind.penalty(limit, at: distance), distance, curvature > 0 ? move.squareRoot() : 0)
        }
    }
}

extension ProfiledLoss {
    /// How far each task's coefficients are from their optimum, given their slopes: as ``TaskSolutions/violations``.
    func violations(
        _ coefficients: [Double], slopes: [Double], around centers: some SharedCenters
    ) throws(ComputeError) -> [Double] {
        var violations: [Double] = []
        try quadratics.forEachShard { shard throws(ComputeError) in
            let places = try backend.download(centers.place(at: shard, of: self))
            let values = shard.tasks.lowerBound * order..<shard.tasks.upperBound * order
            violations +=
                TaskOptimality(
                    coefficients[values], images: slopes[values], linear: nil, centers: places,
                    limits: thresholds[shard.tasks], distance, curvatures: quadratics.traces[shard.tasks],
                    order: order, backend.parallel
                ).violations
        }
        return violations
    }
}
