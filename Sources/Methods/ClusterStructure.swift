/// Clusters of tasks that share a centre each.
public struct ClusterStructure: Sendable, Equatable {
    /// How many.
    public var count: Int
    /// How often it is begun anew; the lowest objective is kept.
    public var restartCount: Int
    /// Of the random beginnings.
    public var seed: UInt64
    /// `alpha`, up to 1: no cluster is smaller than this share of an even one, rounded up. With 0 a few odd tasks may be a
    /// cluster of their own.
    public var leastShare: Double

    public init(count: Int, restartCount: Int = 10, seed: UInt64 = 1, leastShare: Double = 0) {
        precondition(count >= 1 && restartCount >= 1, "one cluster and one beginning at least")
        precondition((0...1).contains(leastShare), "a share of an even cluster")
        self.count = count
        self.restartCount = restartCount
        self.seed = seed
        self.leastShare = leastShare
    }

    /// The least size of a cluster, of so many tasks.
    func leastSize(taskCount: Int) -> Int {
        min(taskCount / count, Int((leastShare * Double(taskCount) / Double(count)).rounded(.up)))
    }
}
