public import Compute

/// Reads a table, of text or of NumPy's arrays, into a store of columns that is grouped by task.
///
/// Of a text, the first line that is not blank names the columns. Fields are separated by commas (`.csv`) or tabs (`.tsv`); for
/// other names and standard input by tabs if the first line holds one and no comma. A field in double quotes may hold
/// delimiters, line ends and, doubled, quotes; blanks around a field without quotes are not part of it. Lines end with
/// LF or CRLF, a UTF-8 byte order mark and blank lines are skipped, and gzip is known by its first bytes. Labels must be
/// UTF-8. Columns that nobody asks for are skipped: text after a closing quote in them is no error.
///
/// Of an `.npz`, each array of one dimension is a column by its member's name, the columns of a two-dimensional `X` are
/// `X0`, `X1` and so on, and the fields of a structured array are columns by their names; an `.npy` is the same, its
/// array called `x`. NaN is a missing value. Both are known by their first bytes.
///
/// What is read does not depend on the number of threads or the memory, and is the same for the same table as text and
/// as arrays.
public struct TableReader {
    /// Called now and then, by one thread at a time but not always the same, with the bytes read so far and their
    /// total, where it is known; returns false to stop.
    public typealias Progress = (_ bytesRead: Int, _ byteCount: Int?) -> Bool

    /// Sizes that change how the work is cut, and how much of a table tells what its columns hold.
    package struct Tuning {
        /// Bytes read at a time.
        package var blockBytes = 1 << 23
        /// Bytes parsed by a thread at a time.
        package var pieceBytes = 1 << 17
        /// A column's blocks in memory or in the scratch file are two to this power rows.
        package var blockShift = 18
        /// The rows that tell what an inferred column holds.
        package var inferenceRows = 10_000
        /// The bytes that tell it when so many rows are longer, and among which a header must begin.
        package var inferenceBytes = 1 << 26

        package init() {}
    }

    let path: String
    let request: TableRequest
    let parallel: Parallel
    let memoryLimit: Int
    let scratchFolder: String
    let progress: Progress
    package var tuning = Tuning()

    /// - Parameters:
    ///   - path: a file, or `-` for standard input.
    ///   - memoryLimit: the bytes that columns may take in memory while they are grouped, a second copy of one
    ///     included; larger ones go to a scratch file.
    ///   - scratchFolder: where that file is made; by default what `TMPDIR` names, or `/tmp`.
    public init(
        path: String, request: TableRequest, parallel: Parallel = Parallel(), memoryLimit: Int = .max,
        scratchFolder: String? = nil, progress: @escaping Progress = { _, _ in true }
    ) {
        self.path = path
        self.request = request
        self.parallel = parallel
        self.memoryLimit = memoryLimit
        self.scratchFolder = scratchFolder ?? ScratchFile.usualFolder
        self.progress = progress
    }

    /// Reads the whole table.
    ///
    /// Memory peaks at the columns' own bytes, a second copy of one and 4 bytes a row, as long as that is within the
    /// limit.
    ///
    /// - Throws: ``TableError`` for input that cannot be opened, for data that are not a table of what the request asks
    ///   for, for a scratch file that cannot be written, and when `progress` stops the run.
    public func read() throws(TableError) -> ColumnStore {
        let file = try InputFile(path: path)
        if let format = try ArrayFormat(of: file) { return try NpzTableReader(self, file, format).read() }
        return try CsvTableReader(self, ByteSource(file, progress: progress)).read()
    }

    /// - Throws: ``TableError/Kind/interrupted`` when the run is to stop.
    func checkProgress(_ bytesRead: Int, _ byteCount: Int?) throws(TableError) {
        guard progress(bytesRead, byteCount) else {
            throw TableError(
                .interrupted, "stopped while reading '\(printable(path == "-" ? "standard input" : path))'")
        }
    }
}
