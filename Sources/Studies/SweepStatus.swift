import Compute
import Tables

/// How much of a study's results a folder holds.
public struct SweepStatus: Sendable {
    public let finished: Int
    public let total: Int
    /// The units that are done of each cell.
    public let byCell: [Int]

    public init(of study: Study, in folder: StudyFolder) throws(TableError) {
        var byCell = Array(repeating: 0, count: study.cells.count)
        for unit in try folder.finishedUnits(of: study) { byCell[unit.cell] += 1 }
        self.byCell = byCell
        finished = byCell.reduce(0, +)
        total = study.cells.count * study.replicationCount
    }

    public var isComplete: Bool { finished == total }
}

extension StudyFolder {
    /// Makes the folder ready for a run.
    ///
    /// - Parameters:
    ///   - resuming: whether what is there may be gone on with.
    ///   - memoryBytes: what the machine has for one replication.
    /// - Throws: ``TableError`` where a replication does not fit, and where the folder holds something else.
    public func begin(_ study: Study, resuming: Bool, memoryBytes: Int = .max) throws(TableError) {
        if let cell = study.cells.first(where: { $0.bytesNeeded > memoryBytes }) {
            throw TableError(
                .data,
                "\(study.file): one replication of cell \(cell.index + 1) takes some \(cell.bytesNeeded / 1_000_000_000) GB, and there "
                    + "are \(memoryBytes / 1_000_000_000); use fewer tasks or features, or give more with --memory")
        }
        try prepare(for: study)
        let status = try SweepStatus(of: study, in: self)
        guard status.finished == 0 || resuming else {
            throw TableError(
                .data,
                "'\(path)' already holds \(status.finished) of the study's \(status.total) replications; give --resume to go "
                    + "on with them, or name another folder with -o")
        }
    }

    /// Writes the tables of results of whatever is done.
    ///
    /// - Parameter asArrays: whether results are to be `results.npz` in place of `results.csv`.
    public func writeTables(of study: Study, asArrays: Bool, parallel: Parallel) throws(TableError) {
        let rows = try rows(of: study)
        let table = ResultTable(study: study)
        try table.writeSummary(rows, to: summaryPath)
        if asArrays {
            try table.writeArrays(rows, to: arraysPath, parallel: parallel)
        } else {
            try table.write(rows, to: resultsPath)
        }
    }

    /// The rows of each unit that is done.
    private func rows(of study: Study) throws(TableError) -> [StudyUnit: [UInt8]] {
        var rows: [StudyUnit: [UInt8]] = [:]
        for part in try parts(of: study) {
            for (unit, own) in zip(part.units, part.rows) { rows[unit] = own }
        }
        return rows
    }

    /// The means over replications: for each cell and method those of every metric.
    public func means(of study: Study) throws(TableError) -> [[[Double]]] {
        let count = study.metrics.count
        return try moments(of: study).map { values in
            stride(from: 0, to: values.count, by: count).map { first in values[first..<first + count].map(\.mean) }
        }
    }

    /// The moments over replications of whatever is done: for each cell those of every method and metric.
    func moments(of study: Study) throws(TableError) -> [[RunningMoments]] {
        var moments = study.cells.map { _ in Array(repeating: RunningMoments(), count: study.rowsPerUnit) }
        let rows = try rows(of: study)
        for unit in rows.keys.sorted() {
            for (place, value) in ResultTable.values(of: rows[unit] ?? []).enumerated() where value.isFinite {
                moments[unit.cell][place].add(value)
            }
        }
        return moments
    }

    /// Takes over the parts of other folders, which hold shards of the same study.
    ///
    /// - Throws: ``TableError`` where one holds another study, or where two disagree.
    public func merge(_ folders: [StudyFolder], of study: Study) throws(TableError) {
        try prepare(for: study)
        var known = try rows(of: study)
        for folder in folders {
            guard try folder.studyText() == study.text else {
                throw TableError(.data, "'\(folder.path)' does not hold results of the same study; leave it out")
            }
            for part in try folder.parts(of: study) {
                let isNew = part.units.map { known[$0] == nil }
                for (unit, own) in zip(part.units, part.rows) {
                    if let other = known[unit], other != own {
                        throw TableError(
                            .data,
                            "'\(folder.path)' has other results of cell \(unit.cell + 1), replication "
                                + "\(unit.replication + 1) than a folder before it; were they made by one version?")
                    }
                    known[unit] = own
                }
                let places = isNew.indices.filter { isNew[$0] }
                try write(StudyPart(units: places.map { part.units[$0] }, rows: places.map { part.rows[$0] }))
            }
        }
    }
}

extension Study {
    /// Reads a study file.
    ///
    /// - Parameter draw: how data are made, if not as the study says.
    public init(path: String, draw: DrawName? = nil) throws {
        guard let bytes = try FolderFiles.read(path) else {
            throw TableError(.noInput, "there is no file '\(path)'")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        try self.init(
            draw.map { Study.text(text, setting: "draw", to: "\"\($0.rawValue)\"") } ?? text, file: path)
    }
}

extension StudyFolder {
    /// The study whose results the folder holds.
    public func study() throws -> Study {
        guard let text = try studyText() else {
            throw TableError(.noInput, "'\(path)' holds no results of a study (it has no study.toml)")
        }
        return try Study(text, file: studyPath)
    }
}
