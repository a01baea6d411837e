import Compute

/// One task's loadings, eliminated from a step of the whole subspace.
///
/// For a step `D` of the basis the best step of the loadings is `-S^-1 (B'g + K D)`, with `S = B'C B` the curvature in the
/// loadings and `K D = I'D z + D'g`, `I = C B`, what the step adds to their slopes. What remains is a quadratic of `D`, less
/// by `K'S^-1 K` in its curvature and by `K'S^-1 B'g` in its slopes: with `S = L L'`, products of `L^-1 K` and `L^-1 B'g`.
struct EliminatedLoadings {
    private let task: Int
    private let rank: Int
    private let order: Int
    /// `z`.
    private let loadings: [Double]
    /// Whether `K` has its part `D'g`; without it the remaining curvature is never negative.
    private let isExact: Bool
    /// `L`, a triangle; a row whose pivot is rounding is 0.
    private var lower: [Double]

    init(_ all: SubspaceSlopes, _ loadings: [Double], task: Int, order: Int, isExact: Bool) {
        self.task = task
        self.loadings = loadings
        self.order = order
        self.isExact = isExact
        rank = loadings.count
        let first = task * rank * rank
        lower = Array(repeating: 0, count: triangleCount(rank))
        for row in 0..<rank {
            let own = triangleCount(row)
            for column in 0...row {
                let place = first + row * rank + column
                let whole = SubspaceSlopes.mixed(
                    all.profiledSquares[place], all.fullSquares[place], SubspaceSlopes.leastDamping)
                let other = triangleCount(column)
                var value = whole
                for k in 0..<column { value -= lower[own + k] * lower[other + k] }
                if column < row {
                    lower[own + column] = lower[other + column] > 0 ? value / lower[other + column] : 0
                } else {
                    lower[own + row] = value > all.pivotTolerance * whole ? value.squareRoot() : 0
                }
            }
        }
    }

    /// Takes `weight` times what the loadings take off the basis's curvature, a triangle, and its slopes.
    ///
    /// - Parameter coupling: room for `L^-1 K`, `rank x (rank x order)`, and `L^-1 B'g` behind it.
    func subtract(
        _ all: SubspaceSlopes, weight: Double, from curvature: inout [Double], _ gradient: inout [Double],
        _ coupling: inout [Double]
    ) {
        let (rank, order, width) = (rank, order, rank * order)
        coupling.withUnsafeMutableBufferPointer { coupling in
            curvature.withUnsafeMutableBufferPointer { curvature in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    guard let coupling = coupling.baseAddress, let curvature = curvature.baseAddress else { return }
                    let slopes = coupling + rank * width
                    for row in 0..<rank {
                        let own = coupling + row * width
                        writeCoupling(all, row: row, to: own)
                        slopes[row] = all.loadingGradients[task * rank + row]
                        let first = triangleCount(row)
                        for k in 0..<row {
                            add(-lower[first + k], times: coupling + k * width, to: own, count: width)
                            slopes[row] -= lower[first + k] * slopes[k]
                        }
                        let factor = lower[first + row] > 0 ? 1 / lower[first + row] : 0
                        for place in 0..<width { own[place] *= factor }
                        slopes[row] *= factor
                        for place in 0..<width {
                            let share = -weight * own[place]
                            add(share, times: own, to: curvature + triangleCount(place), count: place + 1)
                            gradient[place] += share * slopes[row]
                        }
                    }
                }
            }
        }

        /// A row of `K`.
        func writeCoupling(_ all: SubspaceSlopes, row: Int, to own: UnsafeMutablePointer<Double>) {
            let first = task * rank * order + row * order
            for vector in 0..<rank {
                for place in 0..<order {
                    own[vector * order + place] =
                        loadings[vector]
                        * SubspaceSlopes.mixed(
                            all.profiledImages[first + place], all.fullImages[first + place],
                            SubspaceSlopes.leastDamping)
                }
            }
            guard isExact else { return }
            for place in 0..<order { own[row * order + place] += all.gradients[task * order + place] }
        }
    }

    /// The step of the loadings for one of the basis, vector by vector.
    func step(_ all: SubspaceSlopes, _ basis: [Double]) -> [Double] {
        let center = (0..<order).map { place in
            (0..<rank).reduce(0.0) { $0 + loadings[$1] * basis[$1 * order + place] }
        }
        var step = Array(repeating: 0.0, count: rank)
        for row in 0..<rank {
            let first = task * rank * order + row * order
            var slope = all.loadingGradients[task * rank + row]
            for place in 0..<order {
                slope +=
                    center[place]
                    * SubspaceSlopes.mixed(
                        all.profiledImages[first + place], all.fullImages[first + place], SubspaceSlopes.leastDamping)
                if isExact { slope += all.gradients[task * order + place] * basis[row * order + place] }
            }
            for k in 0..<row { slope += lower[triangleCount(row) + k] * step[k] }
            let pivot = lower[triangleCount(row) + row]
            step[row] = pivot > 0 ? -slope / pivot : 0
        }
        for row in (0..<rank).reversed() {
            let pivot = lower[triangleCount(row) + row]
            step[row] = pivot > 0 ? step[row] / pivot : 0
            for k in 0..<row { step[k] -= lower[triangleCount(row) + k] * step[row] }
        }
        return step
    }
}
