public import Compute
public import Engine
import Methods
import Tables

/// Works through the units of a study, a batch at a time, and writes what is found of each batch to the study's folder.
public struct SweepJob: Job {
    let study: Study
    let folder: StudyFolder
    let shard: StudyShard
    let options: SweepOptions
    let parallel: Parallel

    public init(_ study: Study, in folder: StudyFolder, shard: StudyShard, options: SweepOptions, parallel: Parallel) {
        self.study = study
        self.folder = folder
        self.shard = shard
        self.options = options
        self.parallel = parallel
    }

    /// The units that are not done yet are asked for anew: a device that failed may have done some.
    public func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R
    ) throws(ComputeError) -> SweepOutcome {
        var outcome = SweepOutcome(methods: study.cells[0].methods.map(\.label))
        do {
            let finished = try folder.finishedUnits(of: study)
            let units = study.units(of: shard)
            let rest = units.filter { !finished.contains($0) }
            outcome.total = units.count
            outcome.finished = units.count - rest.count
            try options.progress(outcome.finished, outcome.total)
            var plan = BatchPlan(
                study, units: rest, byteLimit: min(Self.batchBytes, backend.memoryBytes / 8),
                taskLimit: options.batchTasks)
            while let batch = plan.next() {
                if options.isOver() {
                    outcome.isOutOfTime = true
                    return outcome
                }
                let part = try self.part(of: batch, on: backend, reference: reference, &outcome)
                try folder.write(part)
                outcome.finished += batch.count
                try options.progress(outcome.finished, outcome.total)
            }
        } catch let error as ComputeError {
            throw error
        } catch {
            outcome.failure = error
        }
        return outcome
    }

    /// Moments of so many bytes come together: enough tasks to keep every core busy, few enough to lose little.
    private static let batchBytes = 64 << 20

    /// Draws, fits and measures some units.
    private func part<B: Backend, R: Backend<Double>>(
        of units: [StudyUnit], on backend: B, reference: R, _ outcome: inout SweepOutcome
    ) throws -> StudyPart {
        let clock = ContinuousClock()
        let start = clock.now
        let cells = study.cells
        let replications = try units.map {
            try Replication($0.replication, of: cells[$0.cell], seed: study.seed, parallel: parallel)
        }
        let methods = cells[units[0].cell].methods
        let drawn = SimulatedBatch(
            replications, draw: study.draw, foldCount: methods.lazy.compactMap(\.foldCount).first ?? 1,
            parallel: parallel)
        // It is the host that keeps it.
        let batch = try drawn.kept(for: backend, within: reference.memoryBytes / 8)
        outcome.drawing += clock.now - start
        outcome.taskCount += batch.layout.taskCount
        var values = replications.map { _ in [[Double]]() }
        for (index, method) in methods.enumerated() {
            let began = clock.now
            let problem = method.knowsVariance ? batch.withKnownVariances : batch
            let fits = try method.estimator.fits(
                ProblemBatch(problem, groups: problem.groups), on: backend, reference: reference,
                progress: options.passes)
            outcome.fitting[index] += clock.now - began
            let scored = clock.now
            let metrics = study.metrics
            let own = parallel.map(fits.count) { place in
                let scores = Scores(of: fits[place], to: replications[place])
                return metrics.map { scores.value(of: $0) }
            }
            for place in own.indices { values[place].append(own[place]) }
            outcome.scoring += clock.now - scored
        }
        let table = ResultTable(study: study)
        return StudyPart(
            units: units, rows: units.indices.map { table.rows(of: units[$0], values: values[$0]) })
    }
}

/// How a sweep is run; none of it changes what is found.
public struct SweepOptions: Sendable {
    /// At most so many tasks at a time.
    var batchTasks: Int?
    /// Told how many units are done, of how many.
    var progress: @Sendable (Int, Int) throws(ComputeError) -> Void
    /// Whether the time is up.
    var isOver: @Sendable () -> Bool
    /// Told of rows, and asked whether to go on, within a batch.
    var passes: PassProgress?

    public init(
        batchTasks: Int? = nil, progress: @escaping @Sendable (Int, Int) throws(ComputeError) -> Void = { _, _ in },
        isOver: @escaping @Sendable () -> Bool = { false }, passes: PassProgress? = nil
    ) {
        self.batchTasks = batchTasks
        self.progress = progress
        self.isOver = isOver
        self.passes = passes
    }
}

/// How far a run of a sweep has come, and what it has spent its time on.
public struct SweepOutcome: Sendable {
    /// The units of the shard that are done, in this run or before.
    public internal(set) var finished = 0
    public internal(set) var total = 0
    /// The time was up before all were.
    public internal(set) var isOutOfTime = false
    /// Why it ended early, if not for a device.
    public internal(set) var failure: (any Error)?
    /// The tasks that this run has drawn; each method has fitted all of them.
    public internal(set) var taskCount = 0
    public internal(set) var drawing = Duration.zero
    public internal(set) var scoring = Duration.zero
    public let methods: [String]
    /// A duration a method.
    public internal(set) var fitting: [Duration]

    init(methods: [String]) {
        self.methods = methods
        fitting = methods.map { _ in .zero }
    }

    public var isComplete: Bool { finished == total && failure == nil }
}
