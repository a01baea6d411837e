/// A centre a cluster, which tasks choose: ARMUL's clustered structure, eq. (3.12), and where tasks have no deviation
/// clustered multi-task learning, eq. (3.2).
///
/// A centre moves by `-step` times the weighted mean slope of its members; then each task takes the centre at which its loss
/// is least, its deviation added, the first of several.
package struct ClusteredPrototype: Prototype {
    package private(set) var centers: [[Double]]
    package private(set) var labels: [Int]
    private let weights: [Double]

    /// - Parameter weights: one a task, of sum 1.
    package init(centers: [[Double]], labels: [Int], weights: [Double]) {
        precondition(labels.count == weights.count, "a label a task")
        self.centers = centers
        self.labels = labels
        self.weights = weights
    }

    package func write(task: Int, to vector: UnsafeMutablePointer<Double>) {
        let center = centers[labels[task]]
        for index in center.indices { vector[index] = center[index] }
    }

    package mutating func move(phase: Int, slopes: FitVectors, step: Double) {
        var totals = centers.map { _ in 0.0 }
        for (task, label) in labels.enumerated() { totals[label] += weights[task] }
        for cluster in centers.indices where totals[cluster] > 0 {
            centers[cluster].withUnsafeMutableBufferPointer { center in
                guard let base = center.baseAddress else { return }
                for task in labels.indices where labels[task] == cluster {
                    add(
                        -step * weights[task] / totals[cluster], times: slopes[task], to: base, count: center.count)
                }
            }
        }
    }

    package var candidates: [[Double]] { centers.count > 1 ? centers : [] }

    /// A cluster that nobody has chosen is given the task that costs most of those that are not alone, and that task's
    /// coefficients for a centre.
    package mutating func choose(costs: FitVectors, penalties: [Double], deviations: FitVectors) -> [Int] {
        for task in labels.indices {
            let own = costs[task]
            var best = 0
            for cluster in 1..<centers.count where own[cluster] < own[best] { best = cluster }
            labels[task] = best
        }
        var sizes = centers.map { _ in 0 }
        for label in labels { sizes[label] += 1 }
        var moved: [Int] = []
        for cluster in centers.indices where sizes[cluster] == 0 {
            func cost(_ task: Int) -> Double { weights[task] * (costs[task][labels[task]] + penalties[task]) }
            let others = labels.indices.filter { sizes[labels[$0]] > 1 && !moved.contains($0) }
            guard let task = others.max(by: { cost($0) < cost($1) }) else { continue }
            centers[cluster] = centers[labels[task]].indices.map { centers[labels[task]][$0] + deviations[task][$0] }
            sizes[labels[task]] -= 1
            sizes[cluster] = 1
            labels[task] = cluster
            moved.append(task)
        }
        return moved
    }
}
