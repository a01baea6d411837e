import Compute

/// Where prototypes begin: from every task's own estimate.
package struct PrototypeStarts: Sendable {
    /// `taskCount x width`.
    package let estimates: [Double]
    private let width: Int
    /// Of sum 1.
    private let weights: [Double]

    package init(estimates: [Double], width: Int, weights: [Double]) {
        precondition(estimates.count == weights.count * width, "an estimate a task")
        self.estimates = estimates
        self.width = width
        let total = weights.reduce(0, +)
        self.weights = weights.map { $0 / total }
    }

    private var taskCount: Int { weights.count }

    /// Clusters of the estimates by k-means: of ten beginnings, drawn as k-means++ does, the one that ends with the least
    /// sum of squared distances.
    package func clusters(count: Int, seed: UInt64) -> ClusteredPrototype {
        let runs = (0..<10).map { restart in
            kMeans(count, RandomStream(seed: seed, purpose: .initialValues, replication: UInt32(restart)))
        }
        guard let best = runs.min(by: { $0.distance < $1.distance }) else { preconditionFailure("ten beginnings") }
        return ClusteredPrototype(centers: best.centers, labels: best.labels, weights: weights)
    }

    private func estimate(_ task: Int) -> ArraySlice<Double> { estimates[task * width..<(task + 1) * width] }

    private func squaredDistance(_ task: Int, _ center: [Double]) -> Double {
        zip(estimate(task), center).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }

    private func kMeans(
        _ count: Int, _ stream: RandomStream
    ) -> (centers: [[Double]], labels: [Int], distance: Double) {
        var centers: [[Double]] = []
        var nearest = Array(repeating: 1.0, count: taskCount)
        for position in 0..<count {
            let word = stream.words(task: 0, position: position)[0]
            var rest = (Double(word) + 0.5) / 4_294_967_296 * nearest.reduce(0, +)
            let task = nearest.firstIndex { distance in
                rest -= distance
                return rest < 0 && distance > 0
            }
            let center = Array(estimate(task ?? position % taskCount))
            centers.append(center)
            for task in 0..<taskCount {
                let square = squaredDistance(task, center)
                nearest[task] = position == 0 ? square : min(nearest[task], square)
            }
        }
        var labels: [Int] = []
        for _ in 0..<300 {
            let next = (0..<taskCount).map { task in
                let distances = centers.map { squaredDistance(task, $0) }
                return distances.indices.min { distances[$0] < distances[$1] } ?? 0
            }
            if next == labels { break }
            labels = next
            for cluster in centers.indices {
                let members = labels.indices.filter { labels[$0] == cluster }
                if members.isEmpty { continue }
                centers[cluster] = (0..<width).map { index in
                    members.reduce(0) { $0 + estimates[$1 * width + index] } / Double(members.count)
                }
            }
        }
        let distance = labels.indices.reduce(0) { $0 + squaredDistance($1, centers[labels[$1]]) }
        return (centers, labels, distance)
    }

    /// The best approximation of the estimates by so many vectors: their first left singular vectors.
    ///
    /// - Parameter rank: at most the number of tasks, and of coefficients.
    package func subspace<R: Backend<Double>>(
        rank: Int, on reference: R
    ) throws(ComputeError) -> LowRankPrototype {
        precondition((1...max(1, min(taskCount, width))).contains(rank), "no more vectors than tasks or coefficients")
        // Eigenvectors of the smaller of the two Grams.
        let isByTask = taskCount <= width
        let order = isByTask ? taskCount : width
        func entry(_ row: Int, _ column: Int) -> Double {
            isByTask
                ? zip(estimate(row), estimate(column)).reduce(0) { $0 + $1.0 * $1.1 }
                : (0..<taskCount).reduce(0) { $0 + estimates[$1 * width + row] * estimates[$1 * width + column] }
        }
        let matrix = try reference.makeMatrices(taskCount: 1, order: order)
        try reference.upload(
            (0..<order).flatMap { row in (0...row).map { entry(row, $0) } }, into: matrix.triangles)
        let system = try reference.makeEigenSystem(taskCount: 1, order: order)
        try reference.eigen(matrix, into: system)
        let vectors = try reference.download(system.vectors)
        let basis = (0..<rank).map { index -> [Double] in
            let own = vectors[(order - 1 - index) * order..<(order - index) * order]
            guard isByTask else { return Array(own) }
            var sum = Array(repeating: 0.0, count: width)
            for (task, share) in own.enumerated() {
                for (place, value) in estimate(task).enumerated() { sum[place] += share * value }
            }
            let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? sum.map { $0 / length } : sum
        }
        let loadings = (0..<taskCount).flatMap { task in
            basis.map { vector in zip(estimate(task), vector).reduce(0) { $0 + $1.0 * $1.1 } }
        }
        return LowRankPrototype(basis: basis, loadings: loadings, weights: weights)
    }

    /// One prototype for all, that is 0.
    package var commonZero: VanillaPrototype {
        VanillaPrototype(center: Array(repeating: 0, count: width), weights: weights)
    }
}
