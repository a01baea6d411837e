/// One array of a file: what it holds, and where its bytes are.
struct NpzArray {
    /// Its member's name without `.npy`, or `x` for an array in a file of its own.
    let name: String
    let header: NpyHeader
    let place: Place

    enum Place {
        case member(ZipArchive.Member, of: ZipArchive)
        /// The file holds this array alone.
        case file(InputFile)
    }

    /// Reads the header of a member.
    ///
    /// - Throws: ``TableError/Kind/data`` when it cannot be read or does not tell the member's size.
    init(_ member: ZipArchive.Member, of archive: ZipArchive) throws(TableError) {
        let reader = try ZipMemberReader(member, of: archive)
        let source = archive.file.name
        let header = try NpyHeader { count throws(TableError) in
            try reader.bytes(count)
        } fail: {
            member.damaged(source: source, $0)
        }
        name = Self.columnName(of: member)
        self.header = header
        place = .member(member, of: archive)
        guard header.refusal != nil || member.byteCount - header.byteCount == header.dataBytes else {
            throw member.damaged(
                source: source,
                "its shape \(header.shapeText) makes \(header.dataBytes) bytes of elements, but it has "
                    + "\(member.byteCount - header.byteCount)")
        }
    }

    /// Reads the header of an array in a file of its own.
    init(_ file: InputFile) throws(TableError) {
        func damaged(_ reason: String) -> TableError {
            .data(file.name, "the array is damaged: \(reason); copy or save the file again")
        }
        let size = file.byteCount ?? 0
        var offset = 0
        header = try NpyHeader { count throws(TableError) in
            guard count <= size - offset else { throw damaged("it ends within its header, after \(size) bytes") }
            defer { offset += count }
            return try file.bytes(offset..<offset + count)
        } fail: {
            damaged($0)
        }
        name = "x"
        place = .file(file)
        guard header.refusal != nil || size - header.byteCount == header.dataBytes else {
            throw damaged(
                "its shape \(header.shapeText) makes \(header.dataBytes) bytes of elements, but the file has "
                    + "\(size - header.byteCount)")
        }
    }

    static func columnName(of member: ZipArchive.Member) -> String { String(member.name.dropLast(4)) }

    /// Its place in messages.
    var title: String {
        switch place {
        case .member: "member '\(printable(name))'"
        case .file: "the array"
        }
    }

    /// The rows of a table that it is part of; nil for what is no part of one.
    var rowCount: Int? {
        switch (header.elements, header.shape.count) {
        case (_, 1), (.plain, 2): header.shape.first
        default: nil
        }
    }

    /// Whether its columns lie one after another, instead of its rows.
    var isByColumns: Bool {
        header.isFortranOrder && header.shape.count == 2 && header.shape[0] > 1 && header.shape[1] > 1
    }
}

extension NpyHeader {
    /// As Python writes a shape.
    var shapeText: String { "(" + shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? ",)" : ")") }
}

extension ZipMemberReader {
    /// The next `count` bytes.
    func bytes(_ count: Int) throws(TableError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBufferPointer { buffer throws(TableError) in
            if let start = buffer.baseAddress { try read(into: start, count: count) }
        }
        return bytes
    }
}
