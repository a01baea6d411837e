import Compute
import Tables

/// What one run of a sweep says of itself: the machine's part of the results, which is never compared.
public struct SweepRecord: Sendable {
    public var version: String
    public var device: String
    public var precision: String
    public var threads: Int
    /// In UTC, as `2026-11-21T12:00:00Z`.
    public var started: String
    public var seconds: Double
    public var shard: StudyShard
    public var notices: [String]

    public init(
        version: String, device: String, precision: String, threads: Int, started: String, seconds: Double,
        shard: StudyShard, notices: [String]
    ) {
        self.version = version
        self.device = device
        self.precision = precision
        self.threads = threads
        self.started = started
        self.seconds = seconds
        self.shard = shard
        self.notices = notices
    }

    /// One line of JSON.
    func json(_ outcome: SweepOutcome) -> OutputText {
        var text = OutputText()
        text.append("{\"version\":")
        text.append(json: version)
        text.append(",\"device\":")
        text.append(json: device)
        text.append(",\"precision\":")
        text.append(json: precision)
        text.append(",\"threads\":\(threads),\"started\":")
        text.append(json: started)
        text.append(",\"seconds\":")
        text.append(json: seconds)
        text.append(",\"shard\":\"\(shard.number)/\(shard.count)\",\"finished\":\(outcome.finished)")
        text.append(",\"of\":\(outcome.total),\"tasks_drawn\":\(outcome.taskCount),\"drawing_seconds\":")
        text.append(json: outcome.drawing.inSeconds)
        text.append(",\"scoring_seconds\":")
        text.append(json: outcome.scoring.inSeconds)
        text.append(",\"fitting_seconds\":{")
        for (index, method) in outcome.methods.enumerated() {
            if index > 0 { text.append(",") }
            text.append(json: method)
            text.append(":")
            text.append(json: outcome.fitting[index].inSeconds)
        }
        text.append("},\"notices\":[")
        for (index, notice) in notices.enumerated() {
            if index > 0 { text.append(",") }
            text.append(json: notice)
        }
        text.append("]}")
        return text
    }
}

extension StudyFolder {
    /// Adds a run's record to those that are there, and writes `run.json` of all of them.
    public func write(_ record: SweepRecord, _ outcome: SweepOutcome, of study: Study) throws(TableError) {
        let names = FolderFiles.names(in: runsPath) ?? []
        var number = names.count + 1
        while names.contains("\(padded(number, 6)).json") { number += 1 }
        try FolderFiles.write(record.json(outcome), to: "\(runsPath)/\(padded(number, 6)).json")
        try writeRuns(of: study)
    }

    public func writeRuns(of study: Study) throws(TableError) {
        var text = OutputText()
        text.append("{\"format\":1,\"study\":")
        text.append(json: study.name)
        text.append(",\"seed\":\(study.seed),\"cells\":\(study.cells.count)")
        text.append(",\"replications\":\(study.replicationCount),\"draw\":\"\(study.draw.rawValue)\",\"runs\":[")
        var isFirst = true
        for name in FolderFiles.names(in: runsPath) ?? [] where name.hasSuffix(".json") && !name.hasPrefix(".") {
            guard let run = try FolderFiles.read("\(runsPath)/\(name)") else { continue }
            text.append(isFirst ? "\n" : ",\n")
            isFirst = false
            text.append(bytes: run)
        }
        text.append("\n]}\n")
        try FolderFiles.write(text, to: runPath)
    }
}
