import Foundation

/// A CSV text without quoted fields, as lines of fields under their names.
struct Lines {
    let names: [String]
    let rows: [[String]]

    init(_ data: Data) {
        let lines = data.split(separator: UInt8(ascii: "\n")).map { line in
            line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        names = lines.first ?? []
        rows = Array(lines.dropFirst())
    }

    init(path: String) throws { self.init(try Data(contentsOf: URL(fileURLWithPath: path))) }

    func texts(_ name: String) -> [String] {
        guard let place = names.firstIndex(of: name) else { return [] }
        return rows.map { $0[place] }
    }

    /// NaN where there is no number.
    func numbers(_ name: String) -> [Double] { texts(name).map { Double($0) ?? .nan } }
}
