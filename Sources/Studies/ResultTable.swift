import Compute
import Tables

/// The tables of a study's results: a row for every value, and their summary over replications.
struct ResultTable {
    let study: Study

    /// The columns that tell the cell apart.
    private var cellColumns: [String] { ["study", "cell"] + study.factors.map(\.name) }

    static let resultColumns = ["replication", "method", "metric", "value"]
    static let summaryColumns = ["method", "metric", "replications", "mean", "mc_se", "sd", "min", "max"]

    func heading(_ further: [String]) -> OutputText {
        var text = OutputText()
        for (index, name) in (cellColumns + further).enumerated() {
            if index > 0 { text.append(",") }
            text.append(field: name)
        }
        text.append("\n")
        return text
    }

    private func start(of cell: StudyCell) -> OutputText {
        var text = OutputText()
        text.append(field: study.name)
        text.append(",\(cell.index + 1)")
        for value in cell.values {
            text.append(",")
            text.append(field: value)
        }
        return text
    }

    /// The rows of one unit.
    ///
    /// - Parameter values: for each method those of the metrics.
    func rows(of unit: StudyUnit, values: [[Double]]) -> [UInt8] {
        let cell = study.cells[unit.cell]
        let start = start(of: cell)
        var text = OutputText()
        for (method, own) in zip(cell.methods, values) {
            for (metric, value) in zip(study.metrics, own) {
                text.append(bytes: start.bytes)
                text.append(",\(unit.replication + 1),")
                text.append(field: method.label)
                text.append(",\(metric.name),")
                text.append(value)
                text.append("\n")
            }
        }
        return text.bytes
    }

    /// Writes the table of results.
    ///
    /// - Parameter rows: of each unit.
    func write(_ rows: [StudyUnit: [UInt8]], to path: String) throws(TableError) {
        let file = try OutputFile(path: path)
        try file.write(heading(Self.resultColumns))
        for unit in study.units(of: StudyShard()) {
            if let own = rows[unit] { try file.write(own) }
        }
        try file.finish()
    }

    /// Writes the summary over replications. Missing values are left out of it.
    func writeSummary(_ rows: [StudyUnit: [UInt8]], to path: String) throws(TableError) {
        let file = try OutputFile(path: path)
        try file.write(heading(Self.summaryColumns))
        for cell in study.cells {
            var moments = Array(repeating: RunningMoments(), count: study.rowsPerUnit)
            for replication in 0..<study.replicationCount {
                guard let own = rows[StudyUnit(cell: cell.index, replication: replication)] else { continue }
                for (place, value) in Self.values(of: own).enumerated() where value.isFinite {
                    moments[place].add(value)
                }
            }
            try file.write(summaryRows(of: cell, moments))
        }
        try file.finish()
    }

    /// Writes the results as arrays: `values` is cells x replications x methods x metrics, NaN where there is none.
    func writeArrays(_ rows: [StudyUnit: [UInt8]], to path: String, parallel: Parallel) throws(TableError) {
        let missing = Array(repeating: Double.nan, count: study.rowsPerUnit)
        let values = study.units(of: StudyShard()).flatMap { rows[$0].map(Self.values) ?? missing }
        let (cells, metrics) = (study.cells, study.metrics)
        let file = try OutputFile(path: path)
        var archive = NpzWriter(file, parallel: parallel)
        try archive.write("format", shape: [], integers: [1])
        try archive.write("study", text: study.name)
        try archive.write("factors", texts: study.factorNames)
        try archive.write(
            "cells", shape: [cells.count, study.factors.count], texts: cells.flatMap(\.factorValues))
        try archive.write("methods", texts: cells[0].methods.map(\.label))
        try archive.write("metrics", texts: metrics.map(\.name))
        try archive.write(
            "values", shape: [cells.count, study.replicationCount, cells[0].methods.count, metrics.count],
            numbers: values)
        try archive.finish()
        try file.finish()
    }

    private func summaryRows(of cell: StudyCell, _ moments: [RunningMoments]) -> OutputText {
        let start = start(of: cell)
        var text = OutputText()
        for (place, own) in moments.enumerated() {
            text.append(bytes: start.bytes)
            text.append(",")
            text.append(field: cell.methods[place / study.metrics.count].label)
            text.append(",\(study.metrics[place % study.metrics.count].name),\(own.count)")
            for value in [own.mean, own.standardError, own.deviation, own.least, own.largest] {
                text.append(",")
                text.append(value)
            }
            text.append("\n")
        }
        return text
    }

    /// The last field of each row.
    static func values(of rows: [UInt8]) -> [Double] {
        rows.split(separator: UInt8(ascii: "\n")).map { row in
            let field = row.suffix(from: (row.lastIndex(of: UInt8(ascii: ",")) ?? row.startIndex) + 1)
            return field.isEmpty ? .nan : Double(String(decoding: field, as: UTF8.self)) ?? .nan
        }
    }
}

/// The mean and the spread of values that come one by one, by Welford's recurrence.
struct RunningMoments: Sendable {
    private(set) var count = 0
    private var average = 0.0
    private var squares = 0.0
    private(set) var least = Double.nan
    private(set) var largest = Double.nan

    mutating func add(_ value: Double) {
        count += 1
        let difference = value - average
        average += difference / Double(count)
        squares += difference * (value - average)
        least = count == 1 ? value : min(least, value)
        largest = count == 1 ? value : max(largest, value)
    }

    var mean: Double { count == 0 ? .nan : average }
    /// Missing for one value.
    var deviation: Double { count < 2 ? .nan : (squares / Double(count - 1)).squareRoot() }
    /// The Monte-Carlo standard error of the mean.
    var standardError: Double { deviation / Double(count).squareRoot() }
}
