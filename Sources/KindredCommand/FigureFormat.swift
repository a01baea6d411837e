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

    /// What draws the figures of a page; nothing where none is written.
    ///
    /// - Throws: ``Failure`` where it is needed and is not there.
    func bundle() throws -> [UInt8] { self == .page ? try VegaBundle.read() : [] }

    /// Writes a page or the figures alone to a file.
    func write(_ figures: some DrawnFigures, bundle: [UInt8], to path: String) throws {
        let text =
            switch self {
            case .page: figures.page(bundle: bundle, version: Kindred.version).bytes
            case .specification: figures.specification.bytes
            case .svg: try FigureConverter.convert(figures.specification, to: .svg)
            case .png: try FigureConverter.convert(figures.specification, to: .png)
            }
        let file = try OutputFile(path: path)
        try file.write(text)
        try file.finish()
    }
}
