/// The cheapest assignment of tasks to clusters in which none is smaller than a least size.
///
/// It begins with every task at its cheapest cluster. While a cluster is too small, tasks move along the cheapest path that
/// ends in one and begins in a cluster which can spare a task: each arc of the path moves the one task for which that costs
/// least. These are the successive shortest paths of the transport problem, so the result is the cheapest there is.
struct ClusterAssignment {
    /// -1 for a task of weight 0. Of clusters that cost the same, the first.
    private(set) var labels: [Int]
    private let costs: [Double]
    private let weights: [Double]
    private let clusterCount: Int
    private let leastSize: Int

    /// - Parameters:
    ///   - costs: `tasks x clusters`.
    ///   - weights: what a task's costs are multiplied with.
    ///   - leastSize: at most the number of tasks of positive weight over that of clusters.
    init(costs: [Double], weights: [Double], clusterCount: Int, leastSize: Int) {
        self.costs = costs
        self.weights = weights
        self.clusterCount = clusterCount
        self.leastSize = leastSize
        labels = weights.indices.map { task in
            guard weights[task] > 0 else { return -1 }
            var best = 0
            for cluster in 1..<max(1, clusterCount)
            where costs[task * clusterCount + cluster] < costs[task * clusterCount + best] { best = cluster }
            return best
        }
        if leastSize > 0 { while fillOne() {} }
    }

    private var sizes: [Int] {
        labels.reduce(into: Array(repeating: 0, count: clusterCount)) { sizes, label in
            if label >= 0 { sizes[label] += 1 }
        }
    }

    /// The cheapest move from one cluster to another.
    private struct Move {
        var cost = Double.infinity
        var task = -1
    }

    /// Gives one task more to a cluster that is too small; false when there is none.
    private mutating func fillOne() -> Bool {
        let sizes = sizes
        guard sizes.contains(where: { $0 < leastSize }) else { return false }
        var moves = Array(repeating: Array(repeating: Move(), count: clusterCount), count: clusterCount)
        for (task, label) in labels.enumerated() where label >= 0 {
            let row = task * clusterCount
            for other in 0..<clusterCount where other != label {
                let cost = weights[task] * (costs[row + other] - costs[row + label])
                if cost < moves[label][other].cost { moves[label][other] = Move(cost: cost, task: task) }
            }
        }
        // Bellman and Ford's shortest paths from the clusters that can spare a task.
        var distances = sizes.map { $0 > leastSize ? 0 : Double.infinity }
        var previous = Array(repeating: -1, count: clusterCount)
        for _ in 0..<clusterCount {
            for from in 0..<clusterCount {
                for to in 0..<clusterCount where distances[from] + moves[from][to].cost < distances[to] - 1e-300 {
                    if sizes[to] > leastSize { continue }
                    distances[to] = distances[from] + moves[from][to].cost
                    previous[to] = from
                }
            }
        }
        let small = (0..<clusterCount).filter { sizes[$0] < leastSize }
        guard var end = small.min(by: { distances[$0] < distances[$1] }), distances[end].isFinite else { return false }
        while previous[end] >= 0 {
            labels[moves[previous[end]][end].task] = end
            end = previous[end]
        }
        return true
    }
}
