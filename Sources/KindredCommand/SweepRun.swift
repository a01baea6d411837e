import ArgumentParser
import CMachine
import Compute
import Engine
import Glibc
import Studies
import Tables

/// Runs a study, or a part of it, into a folder.
struct SweepRun {
    let study: Study
    let folder: StudyFolder
    let resuming: Bool
    let shard: StudyShard
    let timeLimit: TimeLimit?
    let batchTasks: Int?
    /// Whether results are written as arrays.
    var asArrays = false
    let place: DeviceOptions
    let settings: RunOptions

    /// - Parameter namesResults: whether the folder's tables are for the user.
    func run(namesResults: Bool = true) throws {
        let messages = settings.messages
        let precision = place.precision.precision
        let session = try place.place.makeSession(settings, precision: precision)
        try folder.begin(study, resuming: resuming, memoryBytes: settings.memoryBytes)

        let start = ContinuousClock.now
        let started = utcText(time(nil))
        let progress = ProgressLine("sweep", unit: "replications", messages: messages)
        let deadline = timeLimit.map { start + .seconds($0.seconds) }
        let options = SweepOptions(
            batchTasks: batchTasks,
            progress: { done, total throws(ComputeError) in
                progress.update(done: done, total: total)
                if Signals.isInterrupted { throw .interrupted }
            },
            isOver: { deadline.map { ContinuousClock.now >= $0 } ?? false },
            passes: PassProgress { _ in !Signals.isInterrupted })
        // Each batch makes the arrays of the one before it again.
        kindred_keep_freed_memory()
        let job = SweepJob(study, in: folder, shard: shard, options: options, parallel: settings.parallel)
        let workload = study.workload(of: shard, precision: precision)
        if settings.verbose { messages.detail("device: \(session.planText(for: workload))") }
        defer { progress.finish() }
        let outcome = try session.perform(job, workload: workload)
        progress.finish()

        let seconds = (ContinuousClock.now - start).inSeconds
        try folder.write(
            SweepRecord(
                version: Kindred.version, device: session.deviceName ?? "", precision: precision.rawValue,
                threads: settings.parallel.threadCount, started: started, seconds: seconds, shard: shard,
                notices: session.notices.map(\.message)),
            outcome, of: study)
        if let failure = outcome.failure { throw failure }
        if outcome.isComplete {
            try folder.writeTables(of: study, asArrays: asArrays, parallel: settings.parallel)
        }
        if outcome.isComplete, namesResults, shard.count == 1, study.cells.count <= Self.mostShownCells,
            !messages.isQuiet
        {
            try show(means: folder.means(of: study))
        }
        for line in lines(outcome, seconds: seconds, device: session.deviceName ?? "no device", namesResults) {
            messages.note(line)
        }
        if outcome.isOutOfTime {
            throw Failure(
                code: Failure.unfinishedCode,
                "the time is up with \(counted(outcome.finished)) of \(counted(outcome.total)) replications done; run it "
                    + "again with --resume")
        }
    }

    /// Tables that are longer than this are for the files.
    private static let mostShownCells = 40

    /// A table a metric: the means over replications, a column a method.
    private func show(means: [[[Double]]]) throws {
        for (metric, name) in study.metricNames.enumerated() {
            let table = TextTable(
                corner: "cell", header: study.factorNames + study.methodNames,
                names: study.cells.map { "\($0.index + 1)" },
                fields: zip(study.cells, means).map { cell, methods in
                    cell.factorValues + methods.map { alignedNumber($0[metric]) }
                })
            try OutputFile.show("\(name), mean of \(counted(study.replicationCount))\n\n\(table.text)\n")
        }
    }

    private func lines(_ outcome: SweepOutcome, seconds: Double, device: String, _ namesResults: Bool) -> [String] {
        var lines: [String] = []
        let steps =
            [("draw", outcome.drawing)] + zip(outcome.methods, outcome.fitting)
            + [("score", outcome.scoring)]
        let times = steps.map { "\($0.0) \(secondsText($0.1.inSeconds))" }.joined(separator: ", ")
        lines.append("\(counted(outcome.finished)) replications, \(counted(outcome.taskCount)) tasks drawn in this run")
        lines.append("\(times), in all \(secondsText(seconds)) on \(device)")
        if outcome.isComplete, namesResults {
            lines.append("results: \(asArrays ? folder.arraysPath : folder.resultsPath), \(folder.summaryPath)")
        }
        return lines
    }
}

/// `--shard`: which part of a study.
enum ShardName: ExpressibleByArgument {
    case given(StudyShard)
    case slurm

    init?(argument: String) {
        if argument == "auto" {
            self = .slurm
            return
        }
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], count >= 1, (1...count).contains(number)
        else { return nil }
        self = .given(StudyShard(number: number, count: count))
    }

    func shard() throws -> StudyShard {
        if case .given(let shard) = self { return shard }
        func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
        guard let id = number("SLURM_ARRAY_TASK_ID"), let count = number("SLURM_ARRAY_TASK_COUNT"), count >= 1 else {
            throw Failure(
                code: Failure.usageCode,
                "--shard auto: SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT are not set; give --shard I/N")
        }
        let place = id - (number("SLURM_ARRAY_TASK_MIN") ?? 1) + 1
        guard (1...count).contains(place) else {
            throw Failure(
                code: Failure.usageCode,
                "--shard auto: task \(id) is none of \(count) that are numbered one by one; give --shard I/N")
        }
        return StudyShard(number: place, count: count)
    }
}

/// A length of time as users write it: seconds, or minutes and hours with their letter.
struct TimeLimit: ExpressibleByArgument {
    let seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        let factor = argument.last.flatMap { units[$0] }
        guard let number = Int(factor == nil ? argument[...] : argument.dropLast()), number > 0,
            number < 100_000_000
        else { return nil }
        seconds = number * (factor ?? 1)
    }

    var defaultValueDescription: String { "\(seconds)" }
}

/// `2026-11-21T12:00:00Z`.
private func utcText(_ seconds: time_t) -> String {
    var (seconds, parts) = (seconds, tm())
    gmtime_r(&seconds, &parts)
    var buffer = Array(repeating: CChar(0), count: 32)
    let length = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
