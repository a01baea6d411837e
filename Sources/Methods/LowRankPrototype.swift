/// Prototypes `B z_j` that are combinations of a few vectors: ARMUL's low-rank structure, eq. (3.13), and where tasks have no
/// deviation low-rank multi-task learning, eq. (3.3).
///
/// `B` moves by `-step / l` times `sum of w_j g_j z_j'`, with `l` the largest eigenvalue of `sum of w_j z_j z_j'`, and is then
/// made orthonormal, which leaves all `B z_j` as they are; with slopes at what that gives, `z_j` moves by `-step B'g_j`. With
/// `hasConstantSteps` the basis too moves by the step itself, as in the authors' program: no bound says then that the sum
/// of losses falls.
package struct LowRankPrototype: Prototype {
    package static var phaseCount: Int { 2 }

    /// `rank x width`.
    package private(set) var basis: [Double]
    /// `taskCount x rank`.
    package private(set) var loadings: [Double]
    package let rank: Int
    package var hasConstantSteps = false
    private let width: Int
    private let weights: [Double]

    /// - Parameters:
    ///   - basis: orthonormal vectors.
    ///   - weights: one a task, of sum 1.
    package init(basis: [[Double]], loadings: [Double], weights: [Double]) {
        precondition(loadings.count == weights.count * basis.count, "a loading a task and vector")
        self.basis = basis.flatMap { $0 }
        self.loadings = loadings
        self.weights = weights
        rank = basis.count
        width = basis.first?.count ?? 0
    }

    package func write(task: Int, to vector: UnsafeMutablePointer<Double>) {
        vector.update(repeating: 0, count: width)
        basis.withUnsafeBufferPointer { basis in
            guard let base = basis.baseAddress else { return }
            for index in 0..<rank {
                add(loadings[task * rank + index], times: base + index * width, to: vector, count: width)
            }
        }
    }

    package mutating func move(phase: Int, slopes: FitVectors, step: Double) {
        if phase == 0 { moveBasis(slopes, step) } else { moveLoadings(slopes, step) }
    }

    private mutating func moveBasis(_ slopes: FitVectors, _ step: Double) {
        let curvature = hasConstantSteps ? 1 : largestEigenvalue()
        guard curvature > 0 else { return }
        basis.withUnsafeMutableBufferPointer { basis in
            guard let base = basis.baseAddress else { return }
            for task in weights.indices {
                for index in 0..<rank {
                    let factor = -step / curvature * weights[task] * loadings[task * rank + index]
                    add(factor, times: slopes[task], to: base + index * width, count: width)
                }
            }
        }
        orthonormalize()
    }

    private mutating func moveLoadings(_ slopes: FitVectors, _ step: Double) {
        basis.withUnsafeBufferPointer { basis in
            guard let base = basis.baseAddress else { return }
            for task in weights.indices {
                for index in 0..<rank {
                    loadings[task * rank + index] -=
                        step * dot(base + index * width, slopes[task], count: width)
                }
            }
        }
    }

    /// Of `sum of w_j z_j z_j'`, by its powers, with a margin for what they have not come to.
    private func largestEigenvalue() -> Double {
        var square = Array(repeating: 0.0, count: rank * rank)
        for task in weights.indices {
            for row in 0..<rank {
                for column in 0..<rank {
                    square[row * rank + column] +=
                        weights[task] * loadings[task * rank + row] * loadings[task * rank + column]
                }
            }
        }
        // Its longest column lies near the largest eigenvector, and is not at a right angle to it.
        func length(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let columns = (0..<rank).map { column in (0..<rank).map { square[$0 * rank + column] } }
        var vector = columns.max { length($0) < length($1) } ?? []
        var value = 0.0
        for _ in 0..<40 {
            let size = length(vector)
            guard size > 0 else { return 0 }
            let unit = vector.map { $0 / size }
            vector = (0..<rank).map { row in (0..<rank).reduce(0) { $0 + square[row * rank + $1] * unit[$1] } }
            value = length(vector)
        }
        return 1.02 * value
    }

    /// `B = QR`: the basis becomes `Q` and the loadings `R z_j`, by Gram and Schmidt's method, twice.
    private mutating func orthonormalize() {
        var triangular = Array(repeating: 0.0, count: rank * rank)
        basis.withUnsafeMutableBufferPointer { basis in
            guard let base = basis.baseAddress else { return }
            for index in 0..<rank {
                let own = base + index * width
                for _ in 0..<2 {
                    for other in 0..<index {
                        let share = dot(own, base + other * width, count: width)
                        triangular[other * rank + index] += share
                        add(-share, times: base + other * width, to: own, count: width)
                    }
                }
                let length = dot(own, own, count: width).squareRoot()
                triangular[index * rank + index] = length
                if length > 0 { for place in 0..<width { own[place] /= length } }
            }
        }
        for task in weights.indices {
            let own = Array(loadings[task * rank..<(task + 1) * rank])
            for row in 0..<rank {
                loadings[task * rank + row] = (row..<rank).reduce(0) { $0 + triangular[row * rank + $1] * own[$1] }
            }
        }
    }
}
