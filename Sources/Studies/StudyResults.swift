import Tables

/// What a study that is done has found: of each cell, method and metric the mean and the spread over replications.
///
/// Its size depends on the study's cells, methods and metrics, not on how many replications there are.
struct StudyResults: Sendable {
    let study: Study
    private var summaries: [ValueSummary] = []

    /// The quantiles that tell the spread over replications.
    static let shares = [0.05, 0.25, 0.5, 0.75, 0.95]

    /// - Throws: ``TableError`` where the folder holds no results, or not all of a study's.
    init(in folder: StudyFolder) throws {
        study = try folder.study()
        let names = FolderFiles.names(in: folder.path) ?? []
        guard names.contains("summary.csv") else {
            throw TableError(
                .data,
                "'\(folder.path)' holds a study that is not done (there is no summary.csv); finish it with: kindred sweep "
                    + "run \(folder.studyPath) -o \(folder.path) --resume")
        }
        try readSummary(folder)
        // Results that were written as arrays leave the spread out.
        if names.contains("results.csv") {
            try readSpread(folder)
        } else {
            let status = try SweepStatus(of: study, in: folder)
            guard status.isComplete else { throw incomplete(folder, finished: status.finished) }
        }
    }

    var hasSpread: Bool { summaries.allSatisfy { !$0.quantiles.isEmpty } }

    /// What the figure shows of each method in a cell.
    func summaries(cell: Int, of figure: StudyFigure) -> [ValueSummary] {
        study.methodNames.indices.map { method in
            summaries[cell * study.rowsPerUnit + method * study.metrics.count + figure.metric]
        }
    }

    private mutating func readSummary(_ folder: StudyFolder) throws(TableError) {
        let file = RecordFile(path: folder.summaryPath)
        let heading = ResultTable(study: study).heading(ResultTable.summaryColumns).bytes.dropLast()
        var isHeading = true
        var read: [ValueSummary] = []
        try file.readRecords { record throws(TableError) in
            if isHeading {
                guard record.elementsEqual(heading) else { throw damaged(file) }
                isHeading = false
                return
            }
            guard let numbers = RecordFile.lastNumbers(6, of: record) else { throw damaged(file) }
            read.append(
                ValueSummary(
                    count: numbers[0], mean: numbers[1], standardError: numbers[2], deviation: numbers[3],
                    least: numbers[4], largest: numbers[5]))
        }
        guard read.count == study.cells.count * study.rowsPerUnit else { throw damaged(file) }
        summaries = read
    }

    /// The values of one cell are held at a time: the table has them cell by cell.
    private mutating func readSpread(_ folder: StudyFolder) throws(TableError) {
        let file = RecordFile(path: folder.resultsPath)
        let perCell = study.replicationCount * study.rowsPerUnit
        var values = Array(repeating: [Double](), count: study.rowsPerUnit)
        var recordCount = -1
        try file.readRecords { record throws(TableError) in
            recordCount += 1
            guard recordCount > 0 else { return }
            guard recordCount <= summaries.count * study.replicationCount,
                let value = RecordFile.lastNumbers(1, of: record)
            else { throw damaged(file) }
            values[(recordCount - 1) % study.rowsPerUnit].append(value[0])
            guard recordCount % perCell == 0 else { return }
            let first = (recordCount / perCell - 1) * study.rowsPerUnit
            for place in values.indices {
                let quantiles = Quantiles(values[place])
                summaries[first + place].quantiles = Self.shares.map { quantiles.at($0) }
                values[place].removeAll(keepingCapacity: true)
            }
        }
        guard recordCount == summaries.count * study.replicationCount else {
            throw incomplete(folder, finished: max(0, recordCount) / study.rowsPerUnit)
        }
    }

    private func incomplete(_ folder: StudyFolder, finished: Int) -> TableError {
        TableError(
            .data,
            "'\(folder.path)' holds \(finished) of the study's \(study.cells.count * study.replicationCount) replications; "
                + "run the missing parts, with --resume or kindred sweep merge")
    }

    private func damaged(_ file: RecordFile) -> TableError {
        TableError(
            .data,
            "'\(file.path)' is damaged, or of another version; kindred sweep run with --resume writes it anew")
    }
}

/// One metric of one method in one cell, over replications; NaN where it is missing.
struct ValueSummary: Sendable {
    /// The replications that have a value.
    let count: Double
    let mean: Double
    /// The Monte-Carlo standard error of the mean.
    let standardError: Double
    let deviation: Double
    let least: Double
    let largest: Double
    /// At ``StudyResults/shares``.
    var quantiles: [Double] = []

    /// The mean's 95 % interval; nil for a single replication.
    var interval: ClosedRange<Double>? {
        guard mean.isFinite, standardError.isFinite else { return nil }
        return mean - 1.96 * standardError...mean + 1.96 * standardError
    }
}
