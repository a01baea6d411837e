import Compute
import Methods

/// The data of several replications, side by side: the tasks of each are a group.
struct SimulatedBatch: Problem {
    let replications: [Replication]
    /// The tasks of each replication.
    let groups: [Range<Int>]
    let layout: TaskLayout
    let sampleCounts: [Int]
    let featureCount: Int
    let draw: DrawName
    /// The folds that moments are drawn in.
    let foldCount: Int
    let parallel: Parallel
    /// The variance of each task's errors, for methods that are told.
    var errorVariances: [Double]?
    /// What has been drawn already.
    var keptMoments: (any DrawnMoments)?
    var keptRows: (any Sendable)?

    init(_ replications: [Replication], draw: DrawName, foldCount: Int, parallel: Parallel) {
        self.replications = replications
        self.draw = draw
        self.foldCount = foldCount
        self.parallel = parallel
        featureCount = replications.first?.cell.setting.featureCount ?? 0
        sampleCounts = replications.flatMap(\.sampleCounts)
        layout = TaskLayout(sampleCounts: sampleCounts)
        var groups: [Range<Int>] = []
        for replication in replications {
            let start = groups.last?.upperBound ?? 0
            groups.append(start..<start + replication.sampleCounts.count)
        }
        self.groups = groups
    }

    /// The same data with the variances known.
    var withKnownVariances: SimulatedBatch {
        var batch = self
        batch.errorVariances = replications.flatMap { replication in
            let deviation = replication.cell.setting.noise.deviation
            return replication.sampleCounts.map { _ in deviation * deviation }
        }
        return batch
    }

    var isWeighted: Bool { false }
    var scaling: ColumnScaling { .identity(featureCount: featureCount) }
    var clusters: ClusterCodes? { nil }
    var drawnMoments: (any DrawnMoments)? {
        if let keptMoments { return keptMoments }
        return draw == .moments ? SimulatedMoments(batch: self) : nil
    }

    func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        if let rows = keptRows as? RowArrays<Scalar> { return rows }
        return SimulatedRows<Scalar>(batch: self)
    }

    /// The replication that a task belongs to, and its number there.
    func place(of task: Int) -> (replication: Replication, task: Int) {
        var low = 0
        var high = groups.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if groups[middle].lowerBound <= task { low = middle } else { high = middle - 1 }
        }
        return (replications[low], task - groups[low].lowerBound)
    }
}

/// Moments drawn from their distribution.
struct SimulatedMoments: DrawnMoments {
    let batch: SimulatedBatch

    var foldCount: Int { batch.foldCount }

    func rowCount(of task: Int, fold: Int) -> Int {
        let rows = batch.sampleCounts[task]
        return rows / foldCount + (fold < rows % foldCount ? 1 : 0)
    }

    func write(task: Int, fold: Int, into triangle: UnsafeMutablePointer<Double>) {
        let (replication, own) = batch.place(of: task)
        let draw = MomentDraw(featureCount: batch.featureCount)
        defer { draw.deallocate() }
        // The folds' numbers are those of different parts of the task's sequence.
        var draws = replication.sequence(
            .design, task: own, position: fold * (Int(UInt32.max) / (8 * foldCount)) * 8)
        draw.write(
            rowCount: rowCount(of: task, fold: fold), root: replication.covarianceRoot(of: own),
            coefficients: replication.coefficients(of: own), deviation: replication.cell.setting.noise.deviation,
            &draws, into: triangle)
    }
}

/// Rows drawn one by one, each from its own part of its task's sequences.
struct SimulatedRows<Scalar: LaneScalar>: TaskSource {
    let batch: SimulatedBatch

    var layout: TaskLayout { batch.layout }
    var featureCount: Int { batch.featureCount }
    var isWeighted: Bool { false }

    func fill(_ chunk: RowChunk<Scalar>) throws(ComputeError) {
        let rows = chunk.range.rows
        let offsets = batch.layout.offsets
        batch.parallel.forEachRange(of: rows.count, grain: 256) { part in
            var row = rows.lowerBound + part.lowerBound
            let end = rows.lowerBound + part.upperBound
            while row < end {
                let task = batch.layout.task(ofRow: row)
                let last = min(end, offsets[task + 1])
                draw(
                    rows: row - offsets[task]..<last - offsets[task], of: task,
                    into: chunk.values + (row - rows.lowerBound) * chunk.width)
                row = last
            }
        }
    }

    /// Draws consecutive rows of a task: features, then the response.
    private func draw(rows: Range<Int>, of task: Int, into values: UnsafeMutablePointer<Scalar>) {
        let (replication, own) = batch.place(of: task)
        let root = replication.covarianceRoot(of: own)
        let coefficients = Array(replication.coefficients(of: own))
        let noise = replication.cell.setting.noise
        let features = batch.featureCount
        // Rows begin where eight numbers that are made together do.
        let stride = (features + 7) / 8 * 8
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * features) { memory in
            guard let normals = memory.baseAddress else { return }
            let own = (replication, own)
            for (place, row) in rows.enumerated() {
                var draws = own.0.sequence(.design, task: own.1, position: row * stride)
                for feature in 0..<features { normals[feature] = draws.normal() }
                let x = normals + features
                root.multiply(normals, count: features, into: x)
                var errors = own.0.sequence(.noise, task: own.1, position: row * Self.noisePositions)
                var response = noise.draw(&errors)
                let output = values + place * (features + 1)
                for feature in 0..<features {
                    response += coefficients[feature] * x[feature]
                    output[feature] = Scalar(x[feature])
                }
                output[features] = Scalar(response)
            }
        }
    }

    /// The positions of a row's error: rejection takes a few each time.
    private static var noisePositions: Int { 64 }
}
