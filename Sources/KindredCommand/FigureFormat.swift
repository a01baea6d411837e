import Studies
import Tables

/// How figures are written, by the ending of the output's name.
enum FigureFormat: String, CaseIterable {
    case page = ".html"
    case specification = ".vl.json"
    case svg = ".svg"
    case png = ".png"

    init?(of path: String) {
        guard let format = FigureFormat.allCases.first(where: { path.hasSuffix($0.rawValue) }) else { return nil }
        self = format
    }
}

/// Where figures go, with all that writing them needs: what is missing is said before anything is computed.
struct FigureOutput {
    private let format: FigureFormat
    /// What draws the figures of a page; nothing where none is written.
    private let bundle: [UInt8]
    private let file: OutputFile

    /// Nil for a name whose ending says no format.
    ///
    /// - Throws: ``Failure`` where what draws them is not there, ``TableError`` where the file cannot be written.
    init?(path: String) throws {
        guard let format = FigureFormat(of: path) else { return nil }
        self.format = format
        bundle = format == .page ? try VegaBundle.read() : []
        if format == .svg || format == .png { try FigureConverter.check() }
        file = try OutputFile(path: path)
    }

    /// Writes a page or the figures alone.
    func write(_ figures: some DrawnFigures) throws {
        let text =
            switch format {
            case .page: figures.page(bundle: bundle, version: Kindred.version).bytes
            case .specification: figures.specification.bytes
            case .svg: try FigureConverter.convert(figures.specification, to: .svg)
            case .png: try FigureConverter.convert(figures.specification, to: .png)
            }
        try file.write(text)
        try file.finish()
    }
}
