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

    /// One step of all vectors of the basis together, which is then made orthonormal; centres are those of the step.
    func movingBasis(_ slopes: SubspaceSlopes, damping: Double) -> Subspace {
        let curvature = slopes.profiledSum.indices.map {
            SubspaceSlopes.mixed(slopes.profiledSum[$0], slopes.fullSum[$0], damping)
        }
        let step = basisStep(curvature, slopes.basisGradient, tolerance: slopes.pivotTolerance)
        return Subspace(orthonormalizing: moved(step), loadings: loadings)
    }

    private func moved(_ step: [Double]) -> [[Double]] {
        basis.enumerated().map { vector, values in
            values.enumerated().map { $1 + step[vector * values.count + $0] }
        }
    }

    /// The step of all vectors, one behind the other.
    ///
    /// - Parameter curvature: for each of a triangle of vectors a triangle.
    private func basisStep(_ curvature: [Double], _ gradient: [Double], tolerance: Double) -> [Double] {
        let order = basis[0].count
        let size = triangleCount(order)
        var triangle: [Double] = []
        for row in 0..<rank * order {
            for column in 0...row {
                let (one, other) = (row / order, column / order)
                let (k, l) = (row % order, column % order)
                let place =
                    (triangleCount(max(one, other)) + min(one, other)) * size + triangleCount(max(k, l)) + min(k, l)
                triangle.append(curvature[place])
            }
        }
        return semidefiniteSolution(triangle, gradient.map { -$0 }, tolerance: tolerance)
    }

    /// One step of the basis and all loadings together. With `I = C B` and `S = B'C B`, the best step of a task's loadings for a
    /// step `D` of the basis is `-S^-1 (B'g + I'D z)`; what remains is a quadratic of `D` with the curvatures `C - I S^-1 I'`
    /// and the slopes `g - I S^-1 B'g`.
    func movingJointly(
        _ slopes: SubspaceSlopes, weights: [Double], damping: Double, parallel: Parallel
    ) -> Subspace {
        let (rank, order) = (rank, basis[0].count)
        let size = triangleCount(order)
        let eliminated = parallel.map(weights.count) { task in
            weights[task] > 0 ? EliminatedLoadings(slopes, task: task, rank: rank, order: order, damping: damping) : nil
        }
        var gradient = slopes.basisGradient
        var curvature = slopes.profiledSum.indices.map {
            SubspaceSlopes.mixed(slopes.profiledSum[$0], slopes.fullSum[$0], damping)
        }
        for (task, own) in eliminated.enumerated() {
            guard let own else { continue }
            let square = own.square(order: order)
            let pull = own.pull(order: order)
            for one in 0..<rank {
                let share = weights[task] * loadings[task * rank + one]
                for place in 0..<order { gradient[one * order + place] -= share * pull[place] }
                for other in 0...one {
                    let product = share * loadings[task * rank + other]
                    let first = (triangleCount(one) + other) * size
                    curvature.withUnsafeMutableBufferPointer { sum in
                        square.withUnsafeBufferPointer { square in
                            for place in 0..<size { sum[first &+ place] -= product * square[place] }
                        }
                    }
                }
            }
        }
        let step = basisStep(curvature, gradient, tolerance: slopes.pivotTolerance)
        let steps = parallel.map(weights.count) { task -> [Double] in
            guard let own = eliminated[task] else { return Array(repeating: 0, count: rank) }
            let center = (0..<order).map { place in
                (0..<rank).reduce(0.0) { $0 + loadings[task * rank + $1] * step[$1 * order + place] }
            }
            return own.step(center)
        }
        return Subspace(orthonormalizing: moved(step), loadings: zip(loadings, steps.joined()).map { $0 + $1 })
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

/// The sum of profiled losses at a subspace, with first and second derivatives of each half.
struct SubspaceSlopes {
    var value = 0.0
    /// Each task's.
    var values: [Double] = []
    /// `B'g_j`, `taskCount x rank`.
    var loadingGradients: [Double] = []
    /// `B'C_j B` and `B'H_j B`, `taskCount x rank x rank`.
    var profiledSquares: [Double] = []
    var fullSquares: [Double] = []
    /// `C_j b_k` for each vector of the basis, `taskCount x rank x order`.
    var profiledImages: [Double] = []
    /// `sum of w_j g_j z_j'`: a vector for each of the basis.
    var basisGradient: [Double]
    /// `sum of w_j C_j z_jk z_jl` and the same of `H_j`: for each of a triangle of `k` and `l` a triangle.
    var profiledSum: [Double]
    var fullSum: [Double]
    /// The share of its diagonal that rounding may leave of a pivot.
    let pivotTolerance: Double
    private let rank: Int

    /// - Parameter unit: the rounding of the backend's scalar.
    init(rank: Int, order: Int, unit: Double) {
        self.rank = rank
        pivotTolerance = 512 * unit
        basisGradient = Array(repeating: 0, count: rank * order)
        profiledSum = Array(repeating: 0, count: triangleCount(rank) * triangleCount(order))
        fullSum = profiledSum
    }

    /// The slope in the basis.
    var basisSlope: Double { basisGradient.reduce(0) { $0 + $1 * $1 }.squareRoot() }

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

    /// The profiled curvature with a share of the whole one, or the whole one alone at a damping of 1.
    static func mixed(_ profiled: Double, _ full: Double, _ damping: Double) -> Double {
        damping == 1 ? full : profiled + damping * full
    }
}
