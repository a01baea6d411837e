import Compute

/// Sums the scores `w r x` of each cluster's rows, and then their outer products: the middle of a clustered variance.
///
/// One group of rows (a task, or all tasks) is summed at a time. Slots are handed out to clusters as they turn up, so
/// that a task of a few rows costs no more than its own clusters.
struct ClusterScores {
    private let featureCount: Int
    /// The group in which each cluster last turned up, and its slot there.
    private var lastGroup: [Int32]
    private var slots: [Int32]
    private var group: Int32 = 0
    private var sums: [Double] = []
    private(set) var clusterCount = 0

    init(featureCount: Int, clusterCount: Int) {
        self.featureCount = featureCount
        lastGroup = Array(repeating: -1, count: clusterCount)
        slots = Array(repeating: 0, count: clusterCount)
    }

    /// Adds the rows of a block, whose clusters are `codes`.
    mutating func add(_ block: ResidualBlock, codes: [UInt32]) {
        for row in 0..<block.rows.count {
            // A row of no weight is no observation, and its cluster may have no other.
            if block.weights[row] == 0 { continue }
            let start = slot(of: Int(codes[row])) * featureCount
            let score = block.weights[row] * block.residuals[row]
            for feature in 0..<featureCount {
                sums[start + feature] += score * block.features[row * featureCount + feature]
            }
        }
    }

    /// The place of a cluster's sum, zeroed when the cluster is new to the group.
    private mutating func slot(of cluster: Int) -> Int {
        if lastGroup[cluster] != group {
            lastGroup[cluster] = group
            slots[cluster] = Int32(clusterCount)
            clusterCount += 1
            let needed = clusterCount * featureCount
            while sums.count < needed { sums.append(0) }
            for index in needed - featureCount..<needed { sums[index] = 0 }
        }
        return Int(slots[cluster])
    }

    /// Ends the group: the lower triangle of `sum over clusters of s s'`, and how many clusters it had.
    mutating func finishGroup() -> (middle: [Double], clusterCount: Int) {
        var middle = Array(repeating: 0.0, count: triangleCount(featureCount))
        for cluster in 0..<clusterCount {
            let start = cluster * featureCount
            var entry = 0
            for row in 0..<featureCount {
                for column in 0...row {
                    middle[entry] += sums[start + row] * sums[start + column]
                    entry += 1
                }
            }
        }
        let count = clusterCount
        group += 1
        clusterCount = 0
        return (middle, count)
    }
}
