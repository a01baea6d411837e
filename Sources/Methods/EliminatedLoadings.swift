import Compute

/// The loadings of some tasks, eliminated from a step of the whole subspace.
///
/// For a step `D` of the basis the best step of a task's loadings is `-S^-1 (B'g + K D)`, with `S = B'C B` the curvature in the
/// loadings and `K D = I'D z + D'g`, `I = C B`, what the step adds to their slopes. What remains is a quadratic of `D`, less
/// by `K'S^-1 K` in its curvature and by `K'S^-1 B'g` in its slopes: with `S = L L'`, products of `L^-1 K` and `L^-1 B'g`.
struct EliminatedLoadings {
    private let all: SubspaceSlopes
    private let tasks: ArraySlice<Int>
    /// `z` of every task.
    private let loadings: [Double]
    private let rank: Int
    private let order: Int
    /// Whether `K` has its part `D'g`; without it the remaining curvature is never negative.
    private let isExact: Bool
    /// `L` of each of the tasks, a triangle; a row whose pivot is rounding is 0.
    private var lower: [Double]

    /// - Parameter loadings: of every task.
    init(
        of tasks: ArraySlice<Int>, _ all: SubspaceSlopes, loadings: [Double], rank: Int, order: Int, isExact: Bool
    ) {
        self.all = all
        self.tasks = tasks
        self.loadings = loadings
        self.rank = rank
        self.order = order
        self.isExact = isExact
        let size = triangleCount(rank)
        lower = Array(repeating: 0, count: tasks.count * size)
        lower.withUnsafeMutableBufferPointer { lower in
            guard let base = lower.baseAddress else { return }
            for (place, task) in tasks.enumerated() {
                Self.factorize(all, task: task, rank: rank, into: base + place * size)
            }
        }
    }

    private static func factorize(
        _ all: SubspaceSlopes, task: Int, rank: Int, into lower: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<rank {
            for column in 0...row {
                let place = (task * rank + row) * rank + column
                lower[triangleCount(row) + column] = SubspaceSlopes.mixed(
                    all.profiledSquares[place], all.fullSquares[place], SubspaceSlopes.leastDamping)
            }
        }
        factorizeSemidefinite(lower, order: rank, tolerance: all.pivotTolerance)
    }

    /// What the loadings take off the basis's curvature, a triangle, and as its last row what they take off its slopes, times each
    /// task's weight.
    func taken(weights: [Double]) -> [Double] {
        var sum = SquareSum(width: rank * order + 1, most: rank)
        lower.withUnsafeBufferPointer { lower in
            guard let lower = lower.baseAddress else { return }
            for (place, task) in tasks.enumerated() {
                sum.add(rank) { rows, stride in
                    writeCoupling(
                        task, lower + place * triangleCount(rank), weight: weights[task], to: rows, stride: stride)
                }
            }
        }
        return sum.total()
    }

    /// `L^-1 K` of a task with `L^-1 B'g` as its last column, row by row, times the root of its weight.
    private func writeCoupling(
        _ task: Int, _ lower: UnsafePointer<Double>, weight: Double, to rows: UnsafeMutablePointer<Double>, stride: Int
    ) {
        let (rank, order, root) = (rank, order, weight.squareRoot())
        let width = rank * order
        all.profiledImages.withUnsafeBufferPointer { profiled in
            all.fullImages.withUnsafeBufferPointer { full in
                loadings.withUnsafeBufferPointer { loadings in
                    for row in 0..<rank {
                        let own = rows + row * stride
                        let first = (task * rank + row) * order
                        for vector in 0..<rank {
                            let factor = root * loadings[task * rank + vector]
                            for place in 0..<order {
                                own[vector * order + place] =
                                    factor
                                    * SubspaceSlopes.mixed(
                                        profiled[first + place], full[first + place], SubspaceSlopes.leastDamping)
                            }
                        }
                    }
                }
            }
        }
        for row in 0..<rank {
            let own = rows + row * stride
            if isExact {
                all.gradients.withUnsafeBufferPointer { gradients in
                    guard let base = gradients.baseAddress else { return }
                    add(root, times: base + task * order, to: own + row * order, count: order)
                }
            }
            own[width] = root * all.loadingGradients[task * rank + row]
            let factors = lower + triangleCount(row)
            for k in 0..<row { add(-factors[k], times: rows + k * stride, to: own, count: width + 1) }
            let factor = factors[row] > 0 ? 1 / factors[row] : 0
            for place in 0...width { own[place] *= factor }
        }
    }

    /// The steps of the tasks' loadings for one of the basis, vector by vector: task by task.
    func steps(for basis: [Double]) -> [Double] {
        var steps = Array(repeating: 0.0, count: tasks.count * rank)
        var center = Array(repeating: 0.0, count: order)
        steps.withUnsafeMutableBufferPointer { steps in
            lower.withUnsafeBufferPointer { lower in
                guard let steps = steps.baseAddress, let lower = lower.baseAddress else { return }
                for (place, task) in tasks.enumerated() {
                    for index in 0..<order {
                        var value = 0.0
                        for row in 0..<rank { value += loadings[task * rank + row] * basis[row * order + index] }
                        center[index] = value
                    }
                    let own = steps + place * rank
                    for row in 0..<rank { own[row] = -slope(task, row: row, center: center, basis) }
                    solve(lower + place * triangleCount(rank), own)
                }
            }
        }
        return steps
    }

    /// `B'g + K D` of a loading.
    private func slope(_ task: Int, row: Int, center: [Double], _ basis: [Double]) -> Double {
        let first = (task * rank + row) * order
        var slope = all.loadingGradients[task * rank + row]
        for place in 0..<order {
            slope +=
                center[place]
                * SubspaceSlopes.mixed(
                    all.profiledImages[first + place], all.fullImages[first + place], SubspaceSlopes.leastDamping)
            if isExact { slope += all.gradients[task * order + place] * basis[row * order + place] }
        }
        return slope
    }

    /// `L L' x = b`, in its place; 0 where a pivot is.
    private func solve(_ lower: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>) {
        for row in 0..<rank {
            let own = lower + triangleCount(row)
            for k in 0..<row { x[row] -= own[k] * x[k] }
            x[row] = own[row] > 0 ? x[row] / own[row] : 0
        }
        for row in (0..<rank).reversed() {
            let own = lower + triangleCount(row)
            x[row] = own[row] > 0 ? x[row] / own[row] : 0
            for k in 0..<row { x[k] -= own[k] * x[row] }
        }
    }
}
