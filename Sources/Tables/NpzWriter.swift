package import Compute

/// Writes arrays as NumPy's `np.savez_compressed` does, for `np.load` without pickled objects.
package struct NpzWriter {
    private var archive: ZipWriter

    private static let blockBytes = 1 << 18

    package init(_ file: OutputFile, parallel: Parallel) { archive = ZipWriter(file, parallel: parallel) }

    package mutating func finish() throws(TableError) { try archive.finish() }

    /// Writes doubles of this shape, row by row.
    package mutating func write(_ name: String, shape: [Int], numbers: [Double]) throws(TableError) {
        try writeWords(name, .numeric, type: "<f8", shape: shape) { numbers[$0].bitPattern }
    }

    /// Writes whole numbers of this shape, row by row.
    package mutating func write(_ name: String, shape: [Int], integers: [Int]) throws(TableError) {
        try writeWords(name, .repetitive, type: "<i8", shape: shape) { UInt64(bitPattern: Int64(integers[$0])) }
    }

    /// Writes one text.
    package mutating func write(_ name: String, text: String) throws(TableError) {
        try write(name, shape: [], count: 1) { _ in Array(text.utf8)[...] }
    }

    package mutating func write(_ name: String, texts: [String]) throws(TableError) {
        try write(name, shape: [texts.count], count: texts.count) { Array(texts[$0].utf8)[...] }
    }

    mutating func write(_ name: String, texts: Labels) throws(TableError) {
        try write(name, shape: [texts.count], count: texts.count) { texts.utf8(of: $0) }
    }

    /// Writes texts of this shape, row by row.
    package mutating func write(_ name: String, shape: [Int], texts: [String]) throws(TableError) {
        try write(name, shape: shape, count: texts.count) { Array(texts[$0].utf8)[...] }
    }

    /// Writes texts as code points, all as wide as the longest. Zeros at a text's end are lost, as NumPy has it.
    mutating func write(
        _ name: String, shape: [Int], count: Int, _ text: (Int) -> ArraySlice<UInt8>
    ) throws(TableError) {
        var width = 1
        for index in 0..<count {
            let bytes = text(index)
            if bytes.count > width { width = max(width, String(decoding: bytes, as: UTF8.self).unicodeScalars.count) }
        }
        try write(name, .repetitive, type: "<U\(width)", shape: shape, elementBytes: 4 * width, count: count) {
            index, bytes in
            var left = width
            for scalar in String(decoding: text(index), as: UTF8.self).unicodeScalars {
                bytes.append(scalar.value, littleEndian: 4)
                left -= 1
            }
            bytes.append(contentsOf: repeatElement(0, count: 4 * left))
        }
    }

    /// Writes `count` words of 8 bytes.
    mutating func writeWords(
        _ name: String, _ content: ZipWriter.Content, type: String, shape: [Int], _ word: (Int) -> UInt64
    ) throws(TableError) {
        let count = shape.reduce(1, *)
        try write(name, content, type: type, shape: shape, elementBytes: 8, count: count) { index, bytes in
            withUnsafeBytes(of: word(index).littleEndian) { bytes.append(contentsOf: $0) }
        }
    }

    private mutating func write(
        _ name: String, _ content: ZipWriter.Content, type: String, shape: [Int], elementBytes: Int, count: Int,
        append: (Int, inout [UInt8]) -> Void
    ) throws(TableError) {
        let header = NpyHeader.text(type: type, shape: shape)
        let grain = max(1, Self.blockBytes / elementBytes)
        let blocks = max(1, (count + grain - 1) / grain)
        try archive.write("\(name).npy", content, byteCount: header.count + count * elementBytes, blockCount: blocks) {
            block, bytes in
            if block == 0 { bytes += header }
            for index in block * grain..<min(count, (block + 1) * grain) { append(index, &bytes) }
        }
    }
}

extension NpyHeader {
    /// The bytes before the elements of an array in C order, as NumPy writes them.
    static func text(type: String, shape: [Int]) -> [UInt8] {
        var lengths = shape.map(String.init).joined(separator: ", ")
        if shape.count == 1 { lengths += "," }
        var text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(lengths)), }".utf8)
        // Elements begin at a multiple of 64 bytes.
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 63 - (10 + text.count) % 64))
        text.append(UInt8(ascii: "\n"))
        var bytes = magic + [1, 0]
        bytes.append(text.count, littleEndian: 2)
        return bytes + text
    }
}
