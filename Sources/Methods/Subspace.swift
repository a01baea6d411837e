import Compute

/// A basis with each task's loadings on it.
struct Subspace {
    /// Orthonormal vectors.
    let basis: [[Double]]
    /// `z_j`, `taskCount x rank`.
    let loadings: [Double]

    private var rank: Int { basis.count }

    /// Each task's step along the basis. With `C` and `H` the curvatures of the profiled and of the whole loss, it solves
    /// `B'(C + u H)B s = -B'g`; of the whole loss alone where `u` is 1.
    func movingLoadings(
        _ slopes: SubspaceSlopes, damping: Double, weights: [Double], parallel: Parallel
    ) -> Subspace {
        let rank = rank
        let steps = parallel.map(weights.count) { task -> [Double] in
            guard weights[task] > 0 else { return Array(repeating: 0, count: rank) }
            let first = task * rank * rank
            let triangle = (0..<rank).flatMap { row in
                (0...row).map { column in
                    SubspaceSlopes.mixed(
                        slopes.profiledSquares[first + row * rank + column],
                        slopes.fullSquares[first + row * rank + column], damping)
                }
            }
            return semidefiniteSolution(
                triangle, (0..<rank).map { -slopes.loadingGradients[task * rank + $0] },
                tolerance: slopes.pivotTolerance)
        }
        return Subspace(basis: basis, loadings: zip(loadings, steps.joined()).map { $0 + $1 })
    }

    /// The same basis with the loadings at which each task's whole loss is least: where its slope there is within its threshold,
    /// so is its profiled loss.
    func withLeastLoadings(_ slopes: SubspaceSlopes, _ parallel: Parallel) -> Subspace {
        let rank = rank
        let steps = parallel.map(loadings.count / rank) { task -> [Double] in
            func square(_ row: Int, _ column: Int) -> Double {
                slopes.fullSquares[task * rank * rank + row * rank + column]
            }
            // Of what the rows do not tell the least step.
            let ridge = (0..<rank).reduce(0.0) { $0 + square($1, $1) } * SubspaceSlopes.leastDamping
            let triangle = (0..<rank).flatMap { row in
                (0...row).map { square(row, $0) + ($0 == row ? ridge : 0) }
            }
            let rest = (0..<rank).map { row in
                (0..<rank).reduce(slopes.linears[task * rank + row]) {
                    $0 - square(row, $1) * loadings[task * rank + $1]
                }
            }
            return semidefiniteSolution(triangle, rest, tolerance: slopes.pivotTolerance)
        }
        return Subspace(basis: basis, loadings: zip(loadings, steps.joined()).map { $0 + $1 })
    }

    /// The same with some tasks' loadings those of another.
    func withLoadings(of other: Subspace, where isOther: [Bool]) -> Subspace {
        Subspace(
            basis: basis,
            loadings: loadings.indices.map { isOther[$0 / rank] ? other.loadings[$0] : loadings[$0] })
    }

    /// The same with the loadings of some tasks the weighted mean of the others'.
    func withMeanLoadings(of tasks: [Int], weights: [Double]) -> Subspace {
        if tasks.isEmpty { return self }
        let total = weights.reduce(0, +)
        let mean = (0..<rank).map { index in
            weights.indices.reduce(0.0) { $0 + weights[$1] * loadings[$1 * rank + index] } / total
        }
        var all = loadings
        for task in tasks {
            for index in 0..<rank { all[task * rank + index] = mean[index] }
        }
        return Subspace(basis: basis, loadings: all)
    }

    /// One step of all vectors of the basis together, which is then made orthonormal; centres are those of the step.
    func movingBasis(_ slopes: SubspaceSlopes, damping: Double) -> Subspace {
        let curvature = slopes.profiledSum.indices.map {
            SubspaceSlopes.mixed(slopes.profiledSum[$0], slopes.fullSum[$0], damping)
        }
        let step = semidefiniteSolution(
            triangle(curvature), slopes.basisGradient.map { -$0 }, tolerance: slopes.pivotTolerance)
        return Subspace(orthonormalizing: moved(step), loadings: loadings)
    }

    private func moved(_ step: [Double]) -> [[Double]] {
        basis.enumerated().map { vector, values in
            values.enumerated().map { $1 + step[vector * values.count + $0] }
        }
    }

    /// One triangle of all vectors, one behind the other, from a triangle for each of a triangle of vectors.
    private func triangle(_ blocks: [Double]) -> [Double] {
        let order = basis[0].count
        let size = triangleCount(order)
        var triangle: [Double] = []
        triangle.reserveCapacity(triangleCount(rank * order))
        for one in 0..<rank {
            for k in 0..<order {
                for other in 0...one {
                    let first = (triangleCount(one) + other) * size
                    for l in 0..<(other == one ? k + 1 : order) {
                        triangle.append(blocks[first + triangleCount(max(k, l)) + min(k, l)])
                    }
                }
            }
        }
        return triangle
    }

    /// One step of the basis and all loadings together, with the loadings eliminated from it: ``EliminatedLoadings``.
    ///
    /// - Parameters:
    ///   - damping: what is added to the diagonal of the curvature that remains for the basis, in shares of it.
    ///   - isExact: whether second derivatives are complete. Then the step of an undamped round is Newton's; the curvature
    ///     may be indefinite. Without the part that is not, it is that of Gauss and Newton.
    /// - Returns: where all have moved; and with the same basis, but each task's loadings left as they are. Nil where the
    ///   curvature is indefinite.
    func movingJointly(
        _ slopes: SubspaceSlopes, weights: [Double], damping: Double, isExact: Bool, parallel: Parallel
    ) -> (moved: Subspace, kept: Subspace)? {
        let (rank, order) = (rank, basis[0].count)
        let tasks = weights.indices.filter { weights[$0] > 0 }
        let blockSize = max(1, (tasks.count + Self.blockCount - 1) / Self.blockCount)
        let parts = parallel.map((tasks.count + blockSize - 1) / blockSize) { block in
            let eliminated = EliminatedLoadings(
                of: tasks[block * blockSize..<min((block + 1) * blockSize, tasks.count)], slopes, loadings: loadings,
                rank: rank, order: order, isExact: isExact)
            return (eliminated: eliminated, taken: eliminated.taken(weights: weights))
        }
        var gradient = slopes.basisGradient
        var curvature = triangle(
            slopes.profiledSum.indices.map {
                SubspaceSlopes.mixed(slopes.profiledSum[$0], slopes.fullSum[$0], SubspaceSlopes.leastDamping)
            })
        for taken in parts.map(\.taken) {
            for place in curvature.indices { curvature[place] -= taken[place] }
            for place in gradient.indices { gradient[place] -= taken[curvature.count + place] }
        }
        holdSpan(&curvature, damping: damping)
        guard
            let step = solutionIfSemidefinite(curvature, gradient.map { -$0 }, tolerance: slopes.pivotTolerance)
        else { return nil }
        let steps = parallel.map(parts.count) { parts[$0].eliminated.steps(for: step) }
        var next = loadings
        for (place, change) in steps.joined().enumerated() { next[tasks[place / rank] * rank + place % rank] += change }
        let vectors = moved(step)
        return (
            Subspace(orthonormalizing: vectors, loadings: next),
            Subspace(orthonormalizing: vectors, loadings: loadings)
        )
    }

    /// Over so many blocks of tasks sums are formed side by side, whatever the number of threads.
    private static var blockCount: Int { 16 }

    /// Adds to a curvature of the basis what damps a step, and what keeps it at right angles to the basis: a step within its
    /// span leaves all centres as they are once the loadings follow.
    private func holdSpan(_ curvature: inout [Double], damping: Double) {
        let order = basis[0].count
        let diagonal = (0..<rank * order).map { max(0, curvature[triangleCount($0) + $0]) }
        for vector in 0..<rank {
            let mean = diagonal[vector * order..<(vector + 1) * order].reduce(0, +) / Double(order)
            for row in 0..<order {
                let first = triangleCount(vector * order + row) + vector * order
                for column in 0...row {
                    curvature[first + column] += mean * basis.reduce(0.0) { $0 + $1[row] * $1[column] }
                }
                curvature[first + row] += damping * max(diagonal[vector * order + row], 1e-3 * mean)
            }
        }
    }

    init(basis: [[Double]], loadings: [Double]) {
        self.basis = basis
        self.loadings = loadings
    }

    /// `B = Q R`: the basis `Q` with the loadings `R z`, by Gram and Schmidt's method, twice.
    private init(orthonormalizing vectors: [[Double]], loadings: [Double]) {
        let rank = vectors.count
        var basis: [[Double]] = []
        var triangular = Array(repeating: Array(repeating: 0.0, count: rank), count: rank)
        for (place, vector) in vectors.enumerated() {
            var rest = vector
            for _ in 0..<2 {
                for (other, unit) in basis.enumerated() {
                    let share = zip(rest, unit).reduce(0) { $0 + $1.0 * $1.1 }
                    triangular[other][place] += share
                    for index in rest.indices { rest[index] -= share * unit[index] }
                }
            }
            let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
            triangular[place][place] = length
            basis.append(length > 0 ? rest.map { $0 / length } : rest)
        }
        self.basis = basis
        self.loadings = stride(from: 0, to: loadings.count, by: rank).flatMap { first in
            (0..<rank).map { row in (row..<rank).reduce(0.0) { $0 + triangular[row][$1] * loadings[first + $1] } }
        }
    }
}

/// The sum of profiled losses at a subspace, with first and, where these were asked for, second derivatives of each half.
struct SubspaceSlopes {
    let hasCurvatures: Bool
    var value = 0.0
    /// Each task's.
    var values: [Double] = []
    /// `g_j`, `taskCount x order`, and `B'g_j`, `taskCount x rank`.
    var gradients: [Double] = []
    var loadingGradients: [Double] = []
    /// `B'b_j`, `taskCount x rank`.
    var linears: [Double] = []
    /// `B'C_j B` and `B'H_j B`, `taskCount x rank x rank`.
    var profiledSquares: [Double] = []
    var fullSquares: [Double] = []
    /// `C_j b_k` and `H_j b_k` for each vector of the basis, `taskCount x rank x order`.
    var profiledImages: [Double] = []
    var fullImages: [Double] = []
    /// `sum of w_j g_j z_j'`: a vector for each of the basis.
    var basisGradient: [Double]
    /// `sum of w_j C_j z_jk z_jl` and the same of `H_j`: for each of a triangle of `k` and `l` a triangle.
    var profiledSum: [Double]
    var fullSum: [Double]
    /// The weighted mean of the lengths of tasks' loadings.
    private let meanLoading: Double
    /// The share of its diagonal that rounding may leave of a pivot.
    let pivotTolerance: Double
    private let rank: Int

    /// - Parameter unit: the rounding of the backend's scalar.
    init(at place: Subspace, weights: [Double], unit: Double, hasCurvatures: Bool) {
        self.hasCurvatures = hasCurvatures
        rank = place.basis.count
        let order = place.basis.first?.count ?? 0
        meanLoading = weights.meanLength(of: place.loadings)
        pivotTolerance = 512 * unit
        basisGradient = Array(repeating: 0, count: rank * order)
        profiledSum = Array(
            repeating: 0, count: hasCurvatures ? triangleCount(rank) * triangleCount(order) : 0)
        fullSum = profiledSum
    }

    /// The slope in the basis, in the units of a task's: the mean of all tasks' slopes, each with the weight that its loadings
    /// give it.
    var basisSlope: Double {
        let slope = basisGradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return slope > 0 ? slope / meanLoading : 0
    }

    /// The least pivot of `B'H_j B` of some tasks, 0 where rounding leaves nothing of one.
    func leastPivots(of tasks: [Int]) -> [Double] {
        var lower = Array(repeating: 0.0, count: triangleCount(rank))
        return lower.withUnsafeMutableBufferPointer { lower in
            guard let lower = lower.baseAddress else { return [] }
            return tasks.map { task in
                for row in 0..<rank {
                    for column in 0...row {
                        lower[triangleCount(row) + column] = fullSquares[(task * rank + row) * rank + column]
                    }
                }
                var least = Double.infinity
                factorizeSemidefinite(lower, order: rank, tolerance: pivotTolerance) { pivot, diagonal in
                    least = min(least, pivot > pivotTolerance * diagonal ? pivot : 0)
                }
                return least
            }
        }
    }

    /// The largest slope of a task along the basis.
    func loadingSlope(weights: [Double]) -> Double {
        var largest = 0.0
        for task in weights.indices where weights[task] > 0 {
            let slope = (0..<rank).reduce(0.0) {
                $0 + loadingGradients[task * rank + $1] * loadingGradients[task * rank + $1]
            }
            largest = max(largest, slope.squareRoot())
        }
        return largest
    }

    /// The share of the whole curvature that the profiled one gets where nothing is to be damped: where a task's loss is
    /// flat, for rounding.
    static var leastDamping: Double { 1e-6 }

    /// The profiled curvature with a share of the whole one, or the whole one alone at a damping of 1.
    static func mixed(_ profiled: Double, _ full: Double, _ damping: Double) -> Double {
        damping == 1 ? full : profiled + damping * full
    }
}

extension [Double] {
    /// The sum of these weights times the lengths of tasks' vectors.
    func meanLength(of vectors: [Double]) -> Double {
        let width = isEmpty ? 0 : vectors.count / count
        return indices.reduce(0.0) { sum, task in
            sum + self[task] * vectors[task * width..<(task + 1) * width].reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
    }
}
