/// The arrays of a model's archive, by their names.
struct ModelArchive {
    private let archive: ZipArchive
    private let members: [String: ZipArchive.Member]

    /// Elements are read this many bytes at a time: what an archive says of its size is believed when the bytes come.
    private static let chunkBytes = 1 << 20

    init(_ file: InputFile) throws(TableError) {
        archive = try ZipArchive(file)
        var members: [String: ZipArchive.Member] = [:]
        for member in archive.members {
            guard members.updateValue(member, forKey: member.name) == nil else {
                throw .data(
                    file.name,
                    "found two members '\(printable(member.name))' in the archive; \(ModelFile.damageAdvice)")
            }
        }
        self.members = members
    }

    func has(_ name: String) -> Bool { members["\(name).npy"] != nil }

    /// The shape of an array.
    ///
    /// - Throws: ``TableError/Kind/data`` when there is none of this name.
    func shape(_ name: String) throws(TableError) -> [Int] {
        guard let member = members["\(name).npy"] else { throw damaged("there is no \"\(name)\"") }
        return try NpzArray(member, of: archive).header.shape
    }

    func damaged(_ reason: String) -> TableError { ModelFile.damaged(archive.file.name, reason) }

    /// - Throws: ``TableError/Kind/data`` when two labels are the same.
    func checkDistinct(_ labels: Labels) throws(TableError) {
        var known: Set<LabelKey> = []
        for task in 0..<labels.count where !known.insert(LabelKey(labels[task])).inserted {
            throw damaged("found a second task '\(printable(labels[task]))'")
        }
    }

    /// A number an element, row by row.
    ///
    /// - Throws: ``TableError/Kind/data`` when there is no such array, of this shape.
    func numbers(_ name: String, shape: [Int]) throws(TableError) -> [Double] {
        var numbers: [Double] = []
        let header = try read(name) { values in
            let known = numbers.count
            numbers.append(contentsOf: repeatElement(0, count: values.count))
            numbers.withUnsafeMutableBufferPointer {
                if let start = $0.baseAddress { values.write(into: start + known) }
            }
        } accepting: { header, type in
            header.shape == shape && !type.isText
        }
        guard header.isFortranOrder, shape.count == 2 else { return numbers }
        return (0..<numbers.count).map { numbers[$0 % shape[1] * shape[0] + $0 / shape[1]] }
    }

    /// Whole numbers of at least 0.
    func counts(_ name: String, shape: [Int]) throws(TableError) -> [Int] {
        var counts: [Int] = []
        for number in try numbers(name, shape: shape) {
            guard let count = Int(exactly: number), count >= 0 else {
                throw damaged("\"\(name)\" holds \(number), which is no count")
            }
            counts.append(count)
        }
        return counts
    }

    func integer(_ name: String) throws(TableError) -> Int { try counts(name, shape: [])[0] }

    func text(_ name: String) throws(TableError) -> String { try texts(name, dimensions: 0)[0] }

    /// Texts of an array of one dimension.
    func texts(_ name: String) throws(TableError) -> Labels { try texts(name, dimensions: 1) }

    private func texts(_ name: String, dimensions: Int) throws(TableError) -> Labels {
        var bytes: [UInt8] = []
        var offsets = [0]
        _ = try read(name) { values in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: values.count * values.type.byteCount + 16) { room in
                withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>.self, capacity: values.count) { starts in
                    withUnsafeTemporaryAllocation(of: Int.self, capacity: values.count) { lengths in
                        guard var scratch = room.baseAddress, let start = starts.baseAddress,
                            let length = lengths.baseAddress
                        else { return }
                        values.writeTexts(starts: start, lengths: length, scratch: &scratch)
                        for index in 0..<values.count {
                            bytes.append(contentsOf: UnsafeBufferPointer(start: start[index], count: length[index]))
                            offsets.append(bytes.count)
                        }
                    }
                }
            }
        } accepting: { header, type in
            header.shape.count == dimensions && type.isText
        }
        guard bytes.withUnsafeBufferPointer(LabelTable.isText) else {
            throw damaged("\"\(name)\" holds bytes that are no text")
        }
        return Labels(bytes: bytes, offsets: offsets)
    }

    /// Reads the elements of an array from the first to the last.
    private func read(
        _ name: String, _ body: (NpyValues) -> Void, accepting isAccepted: (NpyHeader, NpyType) -> Bool
    ) throws(TableError) -> NpyHeader {
        guard let member = members["\(name).npy"] else { throw damaged("there is no \"\(name)\"") }
        let header = try NpzArray(member, of: archive).header
        guard case .plain(let type) = header.elements, header.refusal == nil, isAccepted(header, type) else {
            throw damaged("\"\(name)\" has the shape \(header.shapeText), or a type, that it has in no model")
        }
        let reader = try ZipMemberReader(member, of: archive)
        _ = try reader.bytes(header.byteCount)
        let step = max(1, Self.chunkBytes / type.byteCount)
        var left = header.shape.reduce(1, *)
        while left > 0 {
            let count = min(left, step)
            try reader.bytes(count * type.byteCount).withUnsafeBytes { chunk in
                guard let start = chunk.baseAddress else { return }
                body(NpyValues(start: start, stride: type.byteCount, count: count, type: type))
            }
            left -= count
        }
        try reader.finish()
        return header
    }
}
