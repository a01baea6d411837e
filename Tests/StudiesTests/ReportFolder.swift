import Foundation
import Studies

/// A folder of results that are made up: replication r of cell c by method m has the value `c m + r / replications`,
/// counted from 1, whatever the metric.
final class ReportFolder {
    let path: String
    let methods = ["itl", "pool"]

    var folder: StudyFolder { StudyFolder(path: path) }

    /// - Parameter cells: the fields of each cell's factors.
    init(
        _ text: String, factors: [String], cells: [[String]], replications: Int, metrics: [String] = ["mean-l2"]
    ) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("kindred-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write("study.toml", text)
        try write(
            "run.json",
            """
            {"format":1,"study":"small","seed":1,"cells":\(cells.count),"replications":\(replications),"draw":"moments",
            "runs":[{"version":"9.8.7","device":"a <device>","precision":"double","threads":2,
            "started":"2026-11-21T12:00:00Z","seconds":1.5,"shard":"1/1","finished":4,"of":4,"tasks_drawn":24,
            "drawing_seconds":0.25,"scoring_seconds":0.125,"fitting_seconds":{"itl":0.5,"pool":0.625},"notices":[]}]}

            """)
        let columns = (["study", "cell"] + factors).joined(separator: ",")
        var results = "\(columns),replication,method,metric,value\n"
        var summary = "\(columns),method,metric,replications,mean,mc_se,sd,min,max\n"
        for (index, fields) in cells.enumerated() {
            // A comma and the end of a line within quotes are no ends of fields and records.
            let start = (["\"a,\nstudy\"", "\(index + 1)"] + fields).joined(separator: ",")
            for replication in 1...replications {
                for (place, method) in methods.enumerated() {
                    for metric in metrics {
                        let value = Double((index + 1) * (place + 1)) + Double(replication) / Double(replications)
                        results += "\(start),\(replication),\(method),\(metric),\(value)\n"
                    }
                }
            }
            for (place, method) in methods.enumerated() {
                for metric in metrics {
                    let mean = Double((index + 1) * (place + 1)) + 0.5
                    let error = replications > 1 ? "0.125,0.25" : ","
                    summary += "\(start),\(method),\(metric),\(replications),\(mean),\(error),\(mean),\(mean)\n"
                }
            }
        }
        try write("results.csv", results)
        try write("summary.csv", summary)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}
