import Compute
import Engine
import Foundation
import Studies
import Testing

extension SmallStudy {
    /// The values of each method and metric.
    static func values(of text: String) throws -> [String: [Double]] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let study = try Study(text, file: "draws.toml")
        let results = StudyFolder(path: folder.path)
        try results.begin(study, resuming: false)
        let session = try Session(choice: .cpu, precision: .double, parallel: Parallel())
        let job = SweepJob(study, in: results, shard: StudyShard(), options: SweepOptions(), parallel: Parallel())
        let outcome = try session.perform(job, workload: study.workload(of: StudyShard(), precision: .double))
        if let failure = outcome.failure { throw failure }
        try results.writeTables(of: study, asArrays: false, parallel: Parallel())
        let table = try String(contentsOfFile: results.resultsPath, encoding: .utf8)
        var values: [String: [Double]] = [:]
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            values["\(fields[3]) \(fields[4])", default: []].append(Double(fields[5]) ?? .nan)
        }
        return values
    }
}
