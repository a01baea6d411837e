import Glibc

/// The JavaScript that draws the figures of a page: Vega, Vega-Lite and Vega-Embed, as `make vega` puts it in place.
enum VegaBundle {
    private static let name = "vega-bundle.js"

    /// - Throws: ``Failure`` where there is none: how to get it.
    static func read() throws -> [UInt8] {
        if let variable = getenv("KINDRED_VEGA"), variable.pointee != 0 {
            let path = String(cString: variable)
            if let bytes = bytes(of: path) { return bytes }
            throw Failure(
                code: Failure.noDeviceCode, "KINDRED_VEGA names '\(path)', which cannot be read; run make vega")
        }
        for path in usualPaths { if let bytes = bytes(of: path) { return bytes } }
        throw Failure(
            code: Failure.noDeviceCode,
            "the page's figures need \(name), which is not there; run make vega, or name it in KINDRED_VEGA; -o "
                + "figures.vl.json needs none")
    }

    /// Beside the program as it is built, and where `make install` puts it.
    private static var usualPaths: [String] {
        guard let program = realpath("/proc/self/exe", nil) else { return [] }
        defer { free(program) }
        let path = String(cString: program)
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        return ["\(folder)/vega/\(name)", "\(folder)/../share/kindred/\(name)"]
    }

    private static func bytes(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = Array(repeating: UInt8(0), count: 1 << 18)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return ferror(file) == 0 ? bytes : nil }
            bytes += piece[..<count]
        }
    }
}
