import Compute

/// The series of rows that a table's columns lie in, and the sums of the members that they come from.
final class NpzSources {
    /// For each column, its series.
    private(set) var seriesOfColumn: [Int] = []
    private(set) var series: [NpzSeries] = []
    /// The bytes of the file that the series take.
    private(set) var byteCount = 0
    private var packed: [ZipMemberReader] = []
    private var stored: [Stored] = []
    private let scratchFolder: String
    private var scratch: ScratchFile?
    private var scratchEnd = 0

    private struct Stored {
        var array: Int
        var run: NpzStoredRun
        /// Nil for an array in a file of its own, which has no sum.
        var member: ZipArchive.Member?
    }

    /// - Parameter checkStop: called now and then while an array that is packed by columns is unpacked here.
    init(
        _ columns: [NpzColumn], of catalog: NpzCatalog, scratchFolder: String,
        checkStop: () throws(TableError) -> Void
    ) throws(TableError) {
        self.scratchFolder = scratchFolder
        var opened: [Int: Int] = [:]
        for column in columns {
            let array = try catalog.array(column)
            if !array.isByColumns, let known = opened[column.array] {
                seriesOfColumn.append(known)
                continue
            }
            if !array.isByColumns { opened[column.array] = series.count }
            if array.isByColumns, case .member(let member, let archive) = array.place,
                member.method == ZipArchive.Member.deflated
            {
                // Its columns are unpacked together, at the first.
                guard !opened.keys.contains(column.array) else { continue }
                opened[column.array] = series.count
                let wanted = columns.filter { $0.array == column.array }.map(\.index)
                try spool(array.header, member, of: archive, columns: wanted, checkStop: checkStop)
                for place in wanted.indices { seriesOfColumn.append(series.count - wanted.count + place) }
                continue
            }
            seriesOfColumn.append(series.count)
            series.append(try open(array, column))
        }
    }

    private func open(_ array: NpzArray, _ column: NpzColumn) throws(TableError) -> NpzSeries {
        let header = array.header
        let rowBytes = array.isByColumns ? header.elementBytes : header.dataBytes / column.rowCount
        let seriesBytes = rowBytes * column.rowCount
        let offset = header.byteCount + (array.isByColumns ? column.index * seriesBytes : 0)
        if case .member(let member, let archive) = array.place, member.method == ZipArchive.Member.deflated {
            let reader = try ZipMemberReader(member, of: archive)
            _ = try reader.bytes(header.byteCount)
            packed.append(reader)
            byteCount += member.storedCount
            return NpzSeries(.packed(reader), rowBytes: rowBytes)
        }
        byteCount += seriesBytes
        // One run is a whole member, whichever columns of it are read.
        if let known = stored.first(where: { $0.array == column.array }) {
            return NpzSeries(.stored(known.run, offset: offset), rowBytes: rowBytes)
        }
        let run: NpzStoredRun
        switch array.place {
        case .file(let file):
            run = NpzStoredRun(file, 0..<header.byteCount + header.dataBytes, isSummed: false)
            stored.append(Stored(array: column.array, run: run))
        case .member(let member, let archive):
            let start = try archive.start(of: member)
            run = NpzStoredRun(archive.file, start..<start + member.byteCount, isSummed: true)
            stored.append(Stored(array: column.array, run: run, member: member))
        }
        return NpzSeries(.stored(run, offset: offset), rowBytes: rowBytes)
    }

    /// Unpacks an array whose columns lie one after another, and puts the wanted ones aside.
    private func spool(
        _ header: NpyHeader, _ member: ZipArchive.Member, of archive: ZipArchive, columns: [Int],
        checkStop: () throws(TableError) -> Void
    ) throws(TableError) {
        let reader = try ZipMemberReader(member, of: archive)
        _ = try reader.bytes(header.byteCount)
        let file: ScratchFile
        if let scratch { file = scratch } else { file = try ScratchFile(folder: scratchFolder) }
        scratch = file
        let capacity = 1 << 20
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        defer { buffer.deallocate() }
        let columnBytes = header.elementBytes * header.shape[0]
        let wanted = Set(columns)
        for column in 0..<header.shape[1] {
            var left = columnBytes
            if wanted.contains(column) {
                series.append(NpzSeries(.spooled(file, offset: scratchEnd), rowBytes: header.elementBytes))
            }
            while left > 0 {
                let count = min(left, capacity)
                try reader.read(into: buffer, count: count)
                left -= count
                guard wanted.contains(column) else { continue }
                try file.write(buffer, count: count, at: scratchEnd)
                scratchEnd += count
            }
            try checkStop()
        }
        try reader.finish()
        byteCount += scratchEnd
    }

    /// Makes sure that every member has the sum and the length that the archive says.
    func finish() throws(TableError) {
        for reader in packed { try reader.finish() }
        for part in stored {
            guard let member = part.member else { continue }
            if try part.run.finish() != UInt(member.checksum) {
                throw member.damaged(source: part.run.source, ZipMemberReader.wrongSum)
            }
        }
    }
}
