import Compute

/// Finds a basis `B` of a few vectors, and for each task a centre `B z_j` in their span, that minimise
/// `sum of w_j f~_j(B z_j)`.
///
/// A step of Newton's method moves all `z_j` and the basis together: the `z_j` are eliminated from it, a task at a time. Where
/// that lowers nothing, since one task is far from its quadratic, they take turns: each `z_j` goes where its own loss is lowest
/// of some steps, then the basis takes a step for the profiled losses. The last to be tried is always one that takes the curvature of `f_j` for that of `f~_j`, which it bounds, and so never raises the sum.
/// The basis is kept orthonormal. The problem is not convex: what is found is stationary. It begins with the principal
/// vectors of tasks' own solutions.
struct LowRankSolver<B: Backend> {
    /// With one centre for all tasks.
    let loss: ProfiledLoss<B>
    let rank: Int

    private static var roundLimit: Int { 500 }
    /// Slopes that are left, over their scale.
    private static var tolerance: Double { max(1e-11, Double(32 * B.Scalar.ulpOfOne)) }

    /// - Parameter subspace: where to begin, if it is known.
    func solve<R: Backend<Double>>(
        continuing subspace: Subspace? = nil, on reference: R
    ) throws(ComputeError) -> SubspaceCenters {
        var place = subspace ?? Subspace(basis: [], loadings: [])
        if subspace == nil { place = try start(on: reference) }
        var slopes = try slopes(at: place)
        let scale = loss.quadratics.slopes.indices.reduce(1.0) {
            loss.weights[$1] > 0 ? max($0, 1 + loss.quadratics.slopes[$1]) : $0
        }
        let limit = max(Self.tolerance * scale, loss.accuracy)
        // Rounds until all is moved together again, and how many they were the last time.
        var (wait, lastWait) = (0, 0)
        for round in 1...Self.roundLimit {
            if largest(slopes) <= limit {
                return SubspaceCenters(subspace: place, value: slopes.value, iterationCount: round, hasConverged: true)
            }
            if wait == 0 {
                let together = place.movingJointly(
                    slopes, weights: loss.weights, damping: 1e-6, parallel: loss.backend.parallel)
                let found = try self.slopes(at: together)
                let isLower = isBetter(found, than: slopes, largest)
                let isFast = isLower && largest(found) < 0.5 * largest(slopes)
                if isLower { (place, slopes) = (together, found) }
                if isFast {
                    lastWait = 0
                    continue
                }
                // What is slow or fails now may be so for some rounds more.
                lastWait = min(16, 2 * lastWait + 1)
                wait = lastWait
            } else {
                wait -= 1
            }
            var hasMoved = false
            for damping in [nil, 1e-6, 1] as [Double?] {
                let moved =
                    if let damping {
                        place.movingLoadings(
                            slopes, damping: damping, weights: loss.weights, parallel: loss.backend.parallel)
                    } else {
                        try self.movedLoadings(from: place, slopes)
                    }
                let found = try self.slopes(at: moved)
                if isBetter(found, than: slopes, { $0.loadingSlope(weights: loss.weights) }) {
                    (place, slopes, hasMoved) = (moved, found, true)
                    break
                }
            }
            for damping in [1e-6, 1] {
                let trial = place.movingBasis(slopes, damping: damping)
                let found = try self.slopes(at: trial)
                if isBetter(found, than: slopes, \.basisSlope) {
                    (place, slopes, hasMoved) = (trial, found, true)
                    break
                }
            }
            if !hasMoved, wait > 0 {
                wait = 0
                continue
            }
            if !hasMoved {
                // Rounding decides: nothing is lower or flatter.
                let isNear = largest(slopes) <= 100 * Self.tolerance * scale
                return SubspaceCenters(
                    subspace: place, value: slopes.value, iterationCount: round, hasConverged: isNear)
            }
        }
        return SubspaceCenters(
            subspace: place, value: slopes.value, iterationCount: Self.roundLimit, hasConverged: false)
    }

    private func largest(_ slopes: SubspaceSlopes) -> Double {
        max(slopes.basisSlope, slopes.loadingSlope(weights: loss.weights))
    }

    /// Whether a step lowers the sum; or, where its values no longer tell, the slope that it is to remove.
    private func isBetter(
        _ found: SubspaceSlopes, than slopes: SubspaceSlopes, _ slope: (SubspaceSlopes) -> Double
    ) -> Bool {
        let size = abs(slopes.value) + (loss.constants.first ?? 0)
        let rounding = 64 * Double(B.Scalar.ulpOfOne) * size
        if found.value < slopes.value - rounding { return true }
        guard found.value <= slopes.value + rounding else { return false }
        return slope(found) < slope(slopes)
    }

    /// Loadings of each task after the one of several damped steps at which its own loss is least, or flattest where they are the
    /// same: what one task needs is no matter of the others.
    private func movedLoadings(
        from place: Subspace, _ slopes: SubspaceSlopes
    ) throws(ComputeError) -> Subspace {
        var (best, values) = (place.loadings, slopes.values)
        for damping in [1, 0.03, 1e-3, 1e-6] {
            let trial = place.movingLoadings(
                slopes, damping: damping, weights: loss.weights, parallel: loss.backend.parallel)
            let found = try taskValues(at: trial)
            for task in found.indices where loss.weights[task] > 0 {
                // Where values no longer tell, the last step is the nearest to the end.
                let rounding = 4 * Double(B.Scalar.ulpOfOne) * abs(values[task])
                guard found[task] <= values[task] + rounding else { continue }
                values[task] = found[task]
                for vector in 0..<rank { best[task * rank + vector] = trial.loadings[task * rank + vector] }
            }
        }
        return Subspace(basis: place.basis, loadings: best)
    }

    /// The profiled loss of each task.
    private func taskValues(at place: Subspace) throws(ComputeError) -> [Double] {
        var values: [Double] = []
        try loss.quadratics.forEachShard { shard throws(ComputeError) in
            let result = try loss.backend.makeInfimalConvolution(taskCount: shard.tasks.count, order: loss.order)
            try loss.write(
                at: loss.centers(of: place, shard), loss.upload(loss.thresholds, of: shard), of: shard, into: result)
            values += try loss.backend.download(result.values)
        }
        return values
    }

    /// The principal vectors of tasks' own solutions, and where these are along them.
    private func start<R: Backend<Double>>(on reference: R) throws(ComputeError) -> Subspace {
        let order = loss.order
        let own = try loss.solutions(at: [Array(repeating: 0, count: order)], strength: 0).coefficients
        var triangle = Array(repeating: 0.0, count: triangleCount(order))
        for task in loss.weights.indices where loss.weights[task] > 0 {
            for row in 0..<order {
                for column in 0...row {
                    triangle[triangleCount(row) + column] += own[task * order + row] * own[task * order + column]
                }
            }
        }
        let matrix = try reference.makeMatrices(taskCount: 1, order: order)
        try reference.upload(triangle, into: matrix.triangles)
        let system = try reference.makeEigenSystem(taskCount: 1, order: order)
        try reference.eigen(matrix, into: system)
        let vectors = try reference.download(system.vectors).split(into: order)
        let basis = Array(vectors.suffix(rank).reversed())
        let loadings = loss.weights.indices.flatMap { task in
            basis.map { vector in
                loss.weights[task] > 0
                    ? zip(vector, own[task * order..<(task + 1) * order]).reduce(0) { $0 + $1.0 * $1.1 } : 0
            }
        }
        return Subspace(basis: basis, loadings: loadings)
    }

    /// The sum of the profiled losses, and its derivatives in the loadings and in the basis.
    private func slopes(at place: Subspace) throws(ComputeError) -> SubspaceSlopes {
        let (backend, order) = (loss.backend, loss.order)
        var slopes = SubspaceSlopes(rank: rank, order: order, unit: Double(B.Scalar.ulpOfOne))
        try loss.quadratics.forEachShard { shard throws(ComputeError) in
            let tasks = shard.tasks
            let own = Array(place.loadings[tasks.lowerBound * rank..<tasks.upperBound * rank])
            let result = try backend.makeInfimalConvolution(taskCount: tasks.count, order: order, hasCurvatures: true)
            try loss.write(
                at: loss.centers(of: place, shard), loss.upload(loss.thresholds, of: shard), of: shard, into: result)
            let weights = try loss.upload(loss.weights, of: shard)
            slopes.values += try backend.download(result.values)
            slopes.value += try backend.weightedSum(of: result.values, weights: weights, adding: [0])[0]

            // B'g, and B'M B for both curvatures.
            let rows = try backend.makeVectors(taskCount: 1, columnCount: rank, width: order)
            try backend.upload(place.basis.flatMap { $0 }, into: rows)
            let along = try backend.makeVectors(taskCount: tasks.count, width: rank)
            try backend.matmul(result.gradients, rows, into: along)
            slopes.loadingGradients += try backend.download(along)
            guard let profiled = result.curvatures else { return }
            let images = try backend.makeVectors(taskCount: tasks.count, columnCount: rank, width: order)
            let squares = try backend.makeVectors(taskCount: tasks.count, columnCount: rank, width: rank)
            try backend.multiply(profiled.matrices(order: order), rows, into: images)
            slopes.profiledImages += try backend.download(images)
            try backend.matmul(images, rows, into: squares)
            slopes.profiledSquares += try backend.download(squares)
            try backend.multiply(shard.moments.gram, rows, into: images)
            try backend.matmul(images, rows, into: squares)
            slopes.fullSquares += try backend.download(squares)

            // Sums of g z' and of M times each product of two loadings.
            let loadings = try backend.makeVectors(taskCount: tasks.count, width: rank)
            try backend.upload(own, into: loadings)
            slopes.basisGradient.add(
                try backend.crossProductSum(of: result.gradients, loadings, weights: weights))
            let products = try backend.makeVectors(taskCount: tasks.count, width: triangleCount(rank))
            try backend.upload(own.products(rank: rank), into: products)
            slopes.profiledSum.add(try backend.crossProductSum(of: profiled, products, weights: weights))
            slopes.fullSum.add(
                try backend.crossProductSum(of: shard.moments.gram.triangles, products, weights: weights))
        }
        return slopes
    }
}

extension ProfiledLoss {
    /// `B z_j` of each task of a shard.
    func centers(of place: Subspace, _ shard: TaskQuadratics<B>.Shard) throws(ComputeError) -> Vectors<B.Buffer> {
        let rank = place.basis.count
        let loadings = try backend.makeVectors(taskCount: shard.tasks.count, width: rank)
        try backend.upload(
            Array(place.loadings[shard.tasks.lowerBound * rank..<shard.tasks.upperBound * rank]), into: loadings)
        let matrix = try backend.makeVectors(taskCount: 1, columnCount: order, width: rank)
        try backend.upload((0..<order).flatMap { row in place.basis.map { $0[row] } }, into: matrix)
        let centers = try backend.makeVectors(taskCount: shard.tasks.count, width: order)
        try backend.matmul(loadings, matrix, into: centers)
        return centers
    }
}

extension Vectors {
    /// Triangles as the matrices that they are of.
    fileprivate func matrices(order: Int) -> Matrices<Buffer> {
        Matrices(taskCount: taskCount, order: order, entries: entries)
    }
}

extension Backend {
    /// `sum of w_j x_j y_j'`: for each value of `y_j`, a vector as wide as `x_j`.
    fileprivate func crossProductSum(
        of x: Vectors<Buffer>, _ y: Vectors<Buffer>, weights: Vectors<Buffer>
    ) throws(ComputeError) -> [Double] {
        let sum = try makeVectors(taskCount: 1, columnCount: y.width, width: x.width)
        try crossProduct(of: x, y, weights: weights, into: sum)
        return try download(sum)
    }
}

extension Array where Element == Double {
    fileprivate mutating func add(_ other: [Double]) {
        for (place, value) in other.enumerated() { self[place] += value }
    }

    /// For each task the products of two of its loadings, as a triangle.
    fileprivate func products(rank: Int) -> [Double] {
        stride(from: 0, to: count, by: rank).flatMap { first in
            (0..<rank).flatMap { row in (0...row).map { self[first + row] * self[first + $0] } }
        }
    }
}
