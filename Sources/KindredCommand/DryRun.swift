import Compute
import Engine
import Tables

/// What a fit would take, without doing it.
struct DryRun {
    let store: ColumnStore
    let design: Design
    let workload: Workload
    let session: Session
    /// How many arrays as large as the moments the method needs, and how much memory there is for them.
    let arrayCount: Int
    let memoryBytes: Int
    /// What reading the table has just taken.
    let readSeconds: Double

    var text: String {
        get throws {
            let counts = Quantiles(store.layout.sampleCounts.map { Double($0) })
            let quantiles = [0, 0.1, 0.5, 0.9, 1].map { counted(Int(counts.at($0).rounded())) }
            let moments = arrayCount * store.layout.taskCount * triangleCount(design.featureCount + 1) * 8
            let shards = moments > memoryBytes ? ", in shards of at most \(byteText(memoryBytes))" : ""
            let columns = store.columns.reduce(0) { $0 + ($1.holdsNumbers ? 8 : 4) } * store.layout.rowCount
            let devices = session.plan(for: workload).devices
            return """
                rows          \(counted(store.layout.rowCount)) of \(counted(store.totalRowCount)) (\(counted(store.droppedRowCount)) with missing values)
                tasks         \(counted(store.layout.taskCount))
                rows a task   smallest \(quantiles[0]), 10 % \(quantiles[1]), median \(quantiles[2]), 90 % \(quantiles[3]), largest \(quantiles[4])
                coefficients  \(design.featureCount) (\(design.termNames.joined(separator: ", ")))
                memory        table \(byteText(columns)), moments and what is made of them \(byteText(moments))\(shards)
                device        \(session.planText(for: workload))
                time          \(secondsText(readSeconds)) to read, about \(secondsText(try session.predictedSeconds(for: workload, on: devices))) for the passes over the rows

                """
        }
    }
}

extension Session {
    /// Which devices a job of this size goes to, and why.
    func planText(for workload: Workload) -> String {
        let plan = plan(for: workload)
        // Devices that share a job are alike.
        let count = plan.devices.count > 1 ? "\(plan.devices.count) x " : ""
        return "\(count)\(plan.devices.first?.name ?? "CPU path") (\(plan.reason))"
    }
}
