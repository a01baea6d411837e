import Compute

/// Finds clusters of tasks, each with a centre of its own, by turns: every task joins the centre at which its profiled loss
/// `f~_j` is least, then the centre of each cluster is the least point of its members' losses.
///
/// No step raises the objective, so the labels repeat in the end. Which labels these are depends on where it begins: seeds
/// are tasks' own estimates, drawn one after another with chances in proportion to what the task's loss at the best seed
/// before exceeds its own least value, and of several beginnings the one that ends lowest is kept.
struct ClusterSolver<B: Backend> {
    /// With one centre for all tasks.
    let loss: ProfiledLoss<B>
    let structure: ClusterStructure
    /// Every task's own solution, `taskCount x order`, and what its loss is there.
    private let own: [Double]
    private let ownValues: [Double]
    /// The tasks that take part.
    private let included: [Int]

    /// Rounds after which labels are left as they are.
    private static var roundLimit: Int { 100 }

    init(_ loss: ProfiledLoss<B>, _ structure: ClusterStructure) throws(ComputeError) {
        self.loss = loss
        self.structure = structure
        included = loss.weights.indices.filter { loss.weights[$0] > 0 }
        let zero = Array(repeating: 0.0, count: loss.order)
        (own, ownValues) = try loss.solutions(at: [zero], strength: 0)
    }

    /// The clusters that end lowest.
    ///
    /// - Parameter centers: where to begin instead, if it is known.
    func solve<R: Backend<Double>>(
        continuing centers: [[Double]]? = nil, on reference: R
    ) throws(ComputeError) -> Clusters {
        var seen: Set<Int> = []
        var best: Clusters?
        for restart in 0..<(centers == nil ? structure.restartCount : 1) {
            let start = if let centers { centers } else { try seeds(restart: restart) }
            guard let found = try solve(from: start, skipping: &seen, on: reference) else { continue }
            if best.map({ found.objective < $0.objective }) ?? true { best = found }
        }
        guard let best else { preconditionFailure("the first beginning meets clusters that nobody has seen") }
        return best
    }

    /// The clusters that a beginning leads to.
    ///
    /// - Parameter seen: hashes of the clusters that earlier beginnings came through: where these lead to is known.
    /// - Returns: nil where it comes to some of these.
    private func solve<R: Backend<Double>>(
        from seeds: [[Double]], skipping seen: inout Set<Int>, on reference: R
    ) throws(ComputeError) -> Clusters? {
        var centers = seeds
        var labels = try self.labels(at: &centers)
        var iterationCount = 0
        var own: Set<Int> = []
        defer { seen.formUnion(own) }
        for round in 1...Self.roundLimit {
            let clusters = labels.numberedByAppearance.hashValue
            if seen.contains(clusters) { return nil }
            own.insert(clusters)
            let solver = try CenterSolver(loss.sharing(labels, count: structure.count))
            let solved = try solver.solve(strengths: [1], from: centers, on: reference)
            iterationCount += solved.map(\.iterationCount).max() ?? 0
            centers = solved.map(\.center)
            let next = try self.labels(at: &centers)
            if next == labels || round == Self.roundLimit {
                return Clusters(
                    labels: labels, centers: centers, iterationCount: iterationCount,
                    hasConverged: next == labels && solved.allSatisfy(\.hasConverged),
                    objective: solver.loss.members.enumerated().reduce(0) { sum, cluster in
                        sum + cluster.element.reduce(0) { $0 + loss.weights[$1] } * solved[cluster.offset].value
                    })
            }
            labels = next
        }
        preconditionFailure("the last round returns")
    }

    /// The cluster of every task, -1 for one that takes no part. An empty cluster is given the task whose loss would fall
    /// most if it were alone, and that task's own solution for a centre.
    private func labels(at centers: inout [[Double]]) throws(ComputeError) -> [Int] {
        let count = structure.count
        let costs = try loss.costs(at: centers)
        var labels = ClusterAssignment(
            costs: costs, weights: loss.weights, clusterCount: count,
            leastSize: structure.leastSize(taskCount: included.count)
        ).labels
        var sizes = Array(repeating: 0, count: count)
        for task in included { sizes[labels[task]] += 1 }
        for cluster in 0..<count where sizes[cluster] == 0 {
            let candidates = included.filter { sizes[labels[$0]] > 1 }
            func excess(_ task: Int) -> Double {
                loss.weights[task] * (costs[task * count + labels[task]] - ownValues[task])
            }
            guard let task = candidates.max(by: { excess($0) < excess($1) }) else { continue }
            sizes[labels[task]] -= 1
            sizes[cluster] = 1
            labels[task] = cluster
            centers[cluster] = Array(own[task * loss.order..<(task + 1) * loss.order])
        }
        return labels
    }

    /// Tasks' own solutions, drawn as k-means++ does: the first with chances in proportion to the tasks' weights, each
    /// after it to what its task's loss at the best seed so far exceeds that at its own solution. A task with few rows
    /// says little of its coefficients, which can be far from all others at no cost: distances would choose those.
    private func seeds(restart: Int) throws(ComputeError) -> [[Double]] {
        let stream = RandomStream(
            seed: structure.seed, purpose: .initialValues, replication: UInt32(truncatingIfNeeded: restart))
        var seeds: [[Double]] = []
        var least = ownValues.map { _ in Double.infinity }
        for position in 0..<structure.count {
            let chances = included.map { task in
                position == 0 ? loss.weights[task] : loss.weights[task] * max(0, least[task] - ownValues[task])
            }
            let words = stream.words(task: 0, position: position)
            let task = included.isEmpty ? nil : included[chances.place((Double(words[0]) + 0.5) / 4_294_967_296)]
            let seed = task.map { Array(own[$0 * loss.order..<($0 + 1) * loss.order]) }
            seeds.append(seed ?? Array(repeating: 0, count: loss.order))
            if position + 1 < structure.count {
                for (task, cost) in try loss.costs(at: [seeds[position]]).enumerated() {
                    least[task] = min(least[task], cost)
                }
            }
        }
        return seeds
    }
}

extension [Double] {
    /// The place at which the running sum passes this share of the whole; the last positive value stands for rounding.
    fileprivate func place(_ share: Double) -> Int {
        var rest = share * reduce(0, +)
        for (place, value) in enumerated() {
            rest -= value
            if rest < 0, value > 0 { return place }
        }
        return lastIndex { $0 > 0 } ?? 0
    }
}

extension [Int] {
    /// The same clusters with the numbers 0, 1, ... in the order in which they appear; negative labels stay.
    fileprivate var numberedByAppearance: [Int] {
        var numbers: [Int: Int] = [:]
        return map { label in
            if label < 0 { return label }
            if let number = numbers[label] { return number }
            defer { numbers[label] = numbers.count }
            return numbers.count
        }
    }
}

extension ProfiledLoss {
    /// `f~_j` of every task at each of several centres, `taskCount x centres`, less the `e_j / 2`.
    func costs(at centers: [[Double]]) throws(ComputeError) -> [Double] {
        var costs: [Double] = []
        try quadratics.forEachShard { shard throws(ComputeError) in
            let result = try backend.makeInfimalConvolution(
                taskCount: shard.tasks.count, columnCount: centers.count, order: order)
            try write(
                centers.flatMap { $0 }, strengths: centers.map { _ in 1 }, upload(thresholds, of: shard), of: shard,
                into: result)
            costs += try backend.download(result.values)
        }
        return costs
    }

    /// Every task's coefficients that are shrunk and its loss, at its group's centre.
    func solutions(
        at centers: [[Double]], strength: Double
    ) throws(ComputeError) -> (coefficients: [Double], values: [Double]) {
        var (coefficients, values): ([Double], [Double]) = ([], [])
        try quadratics.forEachShard { shard throws(ComputeError) in
            let result = try backend.makeInfimalConvolution(taskCount: shard.tasks.count, order: order)
            try write(
                centers.flatMap { $0 }, strengths: [strength], upload(thresholds, of: shard), of: shard, into: result)
            coefficients += try backend.download(result.minimizers)
            values += try backend.download(result.values)
        }
        return (coefficients, values)
    }
}
