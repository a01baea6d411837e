import Compute

/// Finds a basis `B` of a few vectors, and for each task a centre `B z_j` in their span, that minimise
/// `sum of w_j f~_j(B z_j)`.
///
/// A step of Newton's method moves all `z_j` and the basis together: the `z_j` are eliminated from it, a task at a time. It is
/// damped in the basis until it lowers the sum. On the new basis a task may do better with other loadings than the step's: those it
/// had, those at which its whole loss is least, or those that a few steps of its own lead to. Where all that lowers nothing,
/// loadings and basis move by turns; the last to be tried is a step that takes the curvature of `f_j` for that of `f~_j`, which it
/// bounds, and so never raises the sum.
///
/// Where a task's rows leave a direction of the subspace open, or nearly so, nothing holds its loadings: with a feature that
/// is constant in its rows, any coefficient of that is as good as another, and with those come any of the others', so that
/// whatever the basis is its loss can be as low as its rows allow, at loadings without a bound. Squared losses of such tasks are
/// left out from where that is seen, and their centres are the mean of the others'.
///
/// The basis is kept orthonormal. The problem is not convex: what is found is stationary. It begins with the principal
/// vectors of tasks' own solutions, and only there. Of 1,540 perturbed and random starts on 385 problems of Duan and Wang's
/// Figure 2 none ended lower by more than 2e-9 of the objective, and of 30 on the flights of `Examples`, at ranks 1 to 3 and
/// strengths 1 to 50, none by more than 7e-8; one ended higher by 0.2 %.
struct LowRankSolver<B: Backend> {
    /// With one centre for all tasks.
    private var loss: ProfiledLoss<B>
    private let rank: Int
    /// Tasks whose place in the subspace their rows do not tell.
    private var leftOut: [Int] = []

    init(_ loss: ProfiledLoss<B>, rank: Int) {
        self.loss = loss
        self.rank = rank
    }

    private static var roundLimit: Int { 500 }
    /// Slopes that are left, over their scale.
    private static var tolerance: Double { max(1e-11, Double(32 * B.Scalar.ulpOfOne)) }

    /// - Parameter centers: where to begin, if it is known.
    mutating func solve<R: Backend<Double>>(
        continuing centers: SubspaceCenters?, on reference: R
    ) throws(ComputeError) -> SubspaceCenters {
        guard let centers else { return try search(from: start(on: reference)) }
        leaveOut(centers.leftOut)
        return try search(from: centers.subspace)
    }

    private mutating func leaveOut(_ tasks: [Int]) {
        loss = loss.leavingOut(tasks)
        leftOut += tasks
    }

    private mutating func search(from start: Subspace) throws(ComputeError) -> SubspaceCenters {
        var place = start
        var slopes = try slopes(at: place)
        let scale = loss.quadratics.slopes.indices.reduce(1.0) {
            loss.weights[$1] > 0 ? max($0, 1 + loss.quadratics.slopes[$1]) : $0
        }
        let limit = max(Self.tolerance * scale, loss.accuracy)
        var damping = 0.0
        for round in 1...Self.roundLimit {
            let open = openTasks(slopes)
            if !open.isEmpty {
                leaveOut(open)
                slopes = try self.slopes(at: place)
            }
            if largest(slopes) <= limit { return centers(place, slopes, round: round, hasConverged: true) }
            if !slopes.hasCurvatures { slopes = try self.slopes(at: place) }
            let isLast = 10 * largest(slopes) * largest(slopes) <= limit * scale
            var next = try movedJointly(from: place, slopes, damping: &damping, limit: limit, isLast: isLast)
            if next == nil { next = try movedByTurns(from: place, slopes) }
            if let next {
                (place, slopes) = next
                continue
            }
            // Rounding decides: nothing is lower or flatter.
            let isNear = largest(slopes) <= 100 * Self.tolerance * scale
            return centers(place, slopes, round: round, hasConverged: isNear)
        }
        return centers(place, slopes, round: Self.roundLimit, hasConverged: false)
    }

    private func centers(
        _ place: Subspace, _ slopes: SubspaceSlopes, round: Int, hasConverged: Bool
    ) -> SubspaceCenters {
        SubspaceCenters(
            subspace: place.withMeanLoadings(of: leftOut, weights: loss.weights), value: slopes.value,
            iterationCount: round, hasConverged: hasConverged, leastShare: leastShare(slopes),
            leftOut: leftOut.sorted())
    }

    /// Tasks that are still in the sum and whose rows tell no place in the subspace, unless that is all of them.
    private func openTasks(_ slopes: SubspaceSlopes) -> [Int] {
        guard loss.quadratics.areLosses, slopes.hasCurvatures else { return [] }
        let included = loss.weights.indices.filter { loss.weights[$0] > 0 }
        let traces = loss.quadratics.traces
        // Of one row, less its mean, rounding alone is left.
        let rounding = 64 * Double(B.Scalar.ulpOfOne) * included.reduce(0.0) { max($0, traces[$1]) }
        let open = zip(included, slopes.leastPivots(of: included))
            .filter { $1 <= max(Self.openShare * traces[$0], rounding) }.map(\.0)
        return open.count < included.count ? open : []
    }

    /// The curvature of a task's loss along the subspace, over the trace of it all, at which a direction counts as open: a
    /// coefficient is then a thousand times as uncertain as where rows tell most.
    private static var openShare: Double { 1e-6 }

    /// The share of all penalties down to which every task stays at its centre, and with them the centres where they are; more
    /// than 1 where the distance lets no task be at its centre.
    private func leastShare(_ slopes: SubspaceSlopes) -> Double {
        guard loss.distance == .norm else { return .infinity }
        let order = loss.order
        return loss.weights.indices.reduce(0.0) { share, task in
            guard loss.weights[task] > 0 else { return share }
            let square = slopes.gradients[task * order..<(task + 1) * order].reduce(0) { $0 + $1 * $1 }
            return max(share, square.squareRoot() / loss.thresholds[task])
        }
    }

    /// One step of all, damped as far as it takes for it to lower the sum, or nil if that leads nowhere. Tasks whose slopes it
    /// leaves keep their loadings, or get better ones on the new basis.
    ///
    /// - Parameter isLast: whether an undamped step is expected to bring slopes within the limit: no further step is
    ///   prepared for then.
    private func movedJointly(
        from place: Subspace, _ slopes: SubspaceSlopes, damping: inout Double, limit: Double, isLast: Bool
    ) throws(ComputeError) -> (Subspace, SubspaceSlopes)? {
        let parallel = loss.backend.parallel
        for trial in 0..<Self.dampingLimit {
            for isExact in [true, false] {
                guard
                    let (moved, kept) = place.movingJointly(
                        slopes, weights: loss.weights, damping: damping, isExact: isExact, parallel: parallel)
                else { continue }
                var (next, found) = (moved, try self.slopes(at: moved, hasCurvatures: !isLast))
                var isDone: Bool {
                    isBetter(found, than: slopes, largest)
                        && found.loadingSlope(weights: loss.weights)
                            <= max(limit, 0.5 * slopes.loadingSlope(weights: loss.weights))
                }
                if !isDone {
                    if !found.hasCurvatures { found = try self.slopes(at: moved) }
                    next = try best(of: [kept, moved.withLeastLoadings(found, parallel)], moved, found.values)
                    found = try self.slopes(at: next)
                }
                for _ in 0..<Self.loadingLimit where !isDone {
                    next = try movedLoadings(from: next, found)
                    found = try self.slopes(at: next)
                }
                if isBetter(found, than: slopes, largest) {
                    if trial == 0 { damping = damping > 1e-4 ? damping / 8 : 0 }
                    return (next, found)
                }
            }
            damping = max(1e-3, 8 * damping)
        }
        damping = 0
        return nil
    }

    private static var dampingLimit: Int { 8 }
    /// Steps that tasks take by themselves on a new basis.
    private static var loadingLimit: Int { 6 }

    /// A step of the loadings and one of the basis by turns, or nil if neither is better than nothing.
    private func movedByTurns(
        from place: Subspace, _ slopes: SubspaceSlopes
    ) throws(ComputeError) -> (Subspace, SubspaceSlopes)? {
        var (place, slopes, hasMoved) = (place, slopes, false)
        for damping in [nil, SubspaceSlopes.leastDamping, 1] as [Double?] {
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
        for damping in [SubspaceSlopes.leastDamping, 1] {
            let trial = place.movingBasis(slopes, damping: damping)
            let found = try self.slopes(at: trial)
            if isBetter(found, than: slopes, \.basisSlope) {
                (place, slopes, hasMoved) = (trial, found, true)
                break
            }
        }
        return hasMoved ? (place, slopes) : nil
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

    /// Loadings of each task after the one of several damped steps, or where its whole loss is least on the basis, at which
    /// its profiled loss is least: what one task needs is no matter of the others.
    private func movedLoadings(
        from place: Subspace, _ slopes: SubspaceSlopes
    ) throws(ComputeError) -> Subspace {
        let parallel = loss.backend.parallel
        let steps = [1, 0.2, 0.03, 1e-3, SubspaceSlopes.leastDamping].map {
            place.movingLoadings(slopes, damping: $0, weights: loss.weights, parallel: parallel)
        }
        return try best(of: [place.withLeastLoadings(slopes, parallel)] + steps, place, slopes.values)
    }

    /// The place with those loadings of each task at which its profiled loss is least.
    ///
    /// - Parameters:
    ///   - trials: places on the same basis.
    ///   - values: the losses of tasks at the place.
    private func best(
        of trials: [Subspace], _ place: Subspace, _ values: [Double]
    ) throws(ComputeError) -> Subspace {
        var (best, values) = (place, values)
        for trial in trials {
            let found = try taskValues(at: trial)
            // Where values no longer tell, the last trial is the nearest to the end.
            let isBetter = found.indices.map { task in
                loss.weights[task] > 0
                    && found[task] <= values[task] + 4 * Double(B.Scalar.ulpOfOne) * abs(values[task])
            }
            for task in found.indices where isBetter[task] { values[task] = found[task] }
            best = best.withLoadings(of: trial, where: isBetter)
        }
        return best
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
    ///
    /// - Parameter hasCurvatures: whether second derivatives are wanted.
    private func slopes(at place: Subspace, hasCurvatures: Bool = true) throws(ComputeError) -> SubspaceSlopes {
        let (backend, order) = (loss.backend, loss.order)
        var slopes = SubspaceSlopes(
            at: place, weights: loss.weights, unit: Double(B.Scalar.ulpOfOne), hasCurvatures: hasCurvatures)
        try loss.quadratics.forEachShard { shard throws(ComputeError) in
            let tasks = shard.tasks
            let own = Array(place.loadings[tasks.lowerBound * rank..<tasks.upperBound * rank])
            let result = try backend.makeInfimalConvolution(
                taskCount: tasks.count, order: order, hasCurvatures: hasCurvatures)
            try loss.write(
                at: loss.centers(of: place, shard), loss.upload(loss.thresholds, of: shard), of: shard, into: result)
            let weights = try loss.upload(loss.weights, of: shard)
            slopes.values += try backend.download(result.values)
            slopes.value += try backend.weightedSum(of: result.values, weights: weights, adding: [0])[0]

            let rows = try backend.makeVectors(taskCount: 1, columnCount: rank, width: order)
            try backend.upload(place.basis.flatMap { $0 }, into: rows)
            let along = try backend.makeVectors(taskCount: tasks.count, width: rank)
            slopes.gradients += try backend.download(result.gradients)
            try backend.matmul(result.gradients, rows, into: along)
            slopes.loadingGradients += try backend.download(along)
            let loadings = try backend.makeVectors(taskCount: tasks.count, width: rank)
            try backend.upload(own, into: loadings)
            slopes.basisGradient.add(
                try backend.crossProductSum(of: result.gradients, loadings, weights: weights))

            guard let profiled = result.curvatures else { return }
            try backend.matmul(shard.moments.cross, rows, into: along)
            slopes.linears += try backend.download(along)
            let images = try backend.makeVectors(taskCount: tasks.count, columnCount: rank, width: order)
            let squares = try backend.makeVectors(taskCount: tasks.count, columnCount: rank, width: rank)
            try backend.multiply(profiled.matrices(order: order), rows, into: images)
            slopes.profiledImages += try backend.download(images)
            try backend.matmul(images, rows, into: squares)
            slopes.profiledSquares += try backend.download(squares)
            try backend.multiply(shard.moments.gram, rows, into: images)
            slopes.fullImages += try backend.download(images)
            try backend.matmul(images, rows, into: squares)
            slopes.fullSquares += try backend.download(squares)

            // Sums of M times each product of two loadings.
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
