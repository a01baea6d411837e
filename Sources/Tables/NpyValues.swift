import Glibc

/// Elements of an array, `stride` bytes apart.
struct NpyValues {
    let start: UnsafeRawPointer
    let stride: Int
    let count: Int
    let type: NpyType

    // MARK: As numbers

    /// Writes the elements of an array that is not text as numbers; 64-bit integers are rounded to the nearest.
    func write(into numbers: UnsafeMutablePointer<Double>) {
        switch (type.kind, type.byteCount) {
        case (.float, 8): forEach(UInt64.self) { numbers[$0] = Double(bitPattern: $1) }
        case (.float, 4): forEach(UInt32.self) { numbers[$0] = Double(Float(bitPattern: $1)) }
        case (.float, _): forEach(UInt16.self) { numbers[$0] = Double(Self.half($1)) }
        case (.signed, 8): forEach(UInt64.self) { numbers[$0] = Double(Int64(bitPattern: $1)) }
        case (.signed, 4): forEach(UInt32.self) { numbers[$0] = Double(Int32(bitPattern: $1)) }
        case (.signed, 2): forEach(UInt16.self) { numbers[$0] = Double(Int16(bitPattern: $1)) }
        case (.signed, _): forEach(UInt8.self) { numbers[$0] = Double(Int8(bitPattern: $1)) }
        case (.unsigned, 8): forEach(UInt64.self) { numbers[$0] = Double($1) }
        case (.unsigned, 4): forEach(UInt32.self) { numbers[$0] = Double($1) }
        case (.unsigned, 2): forEach(UInt16.self) { numbers[$0] = Double($1) }
        case (.unsigned, _): forEach(UInt8.self) { numbers[$0] = Double($1) }
        case (.bool, _): forEach(UInt8.self) { numbers[$0] = $1 == 0 ? 0 : 1 }
        default: preconditionFailure("text is not read as numbers")
        }
    }

    @inline(__always)
    private func forEach<Raw: FixedWidthInteger & BitwiseCopyable>(_ raw: Raw.Type, _ body: (Int, Raw) -> Void) {
        // Apart, so that the plain case is a loop of loads.
        if type.isBigEndian {
            for index in 0..<count { body(index, Raw(bigEndian: (start + index * stride).loadUnaligned(as: Raw.self))) }
        } else if stride == MemoryLayout<Raw>.size {
            for index in 0..<count {
                body(index, Raw(littleEndian: (start + index * MemoryLayout<Raw>.size).loadUnaligned(as: Raw.self)))
            }
        } else {
            for index in 0..<count {
                body(index, Raw(littleEndian: (start + index * stride).loadUnaligned(as: Raw.self)))
            }
        }
    }

    /// The value of a number of 16 bits: a sign, 5 bits of exponent, 10 of fraction.
    private static func half(_ bits: UInt16) -> Float {
        let sign: Float = bits >> 15 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 31)
        let fraction = Float(bits & 1023)
        if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
        if exponent == 0 { return sign * fraction * 0x1p-24 }
        return sign * Float(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
    }

    // MARK: As texts

    /// Writes the elements as texts to `scratch`, which is moved past them: text without the zeros at its end, numbers
    /// in the fewest digits that tell them from others of their type, NaN as no text.
    func writeTexts(
        starts: UnsafeMutablePointer<UnsafePointer<UInt8>>, lengths: UnsafeMutablePointer<Int>,
        scratch: inout UnsafeMutablePointer<UInt8>
    ) {
        switch type.kind {
        case .bytes: writeTexts(starts, lengths, &scratch) { Self.copy($0, type.byteCount, to: $1) }
        case .unicode:
            let isBigEndian = type.isBigEndian
            writeTexts(starts, lengths, &scratch) { Self.encode($0, type.byteCount / 4, isBigEndian, to: $1) }
        default: writeNumberTexts(starts, lengths, &scratch)
        }
    }

    @inline(__always)
    private func writeTexts(
        _ starts: UnsafeMutablePointer<UnsafePointer<UInt8>>, _ lengths: UnsafeMutablePointer<Int>,
        _ scratch: inout UnsafeMutablePointer<UInt8>,
        _ write: (UnsafeRawPointer, UnsafeMutablePointer<UInt8>) -> Int
    ) {
        for index in 0..<count {
            starts[index] = UnsafePointer(scratch)
            lengths[index] = write(start + index * stride, scratch)
            scratch += lengths[index]
        }
    }

    private static func copy(_ text: UnsafeRawPointer, _ count: Int, to place: UnsafeMutablePointer<UInt8>) -> Int {
        let bytes = text.assumingMemoryBound(to: UInt8.self)
        var count = count
        while count > 0, bytes[count - 1] == 0 { count -= 1 }
        memcpy(place, bytes, count)
        return count
    }

    private static func encode(
        _ text: UnsafeRawPointer, _ count: Int, _ isBigEndian: Bool, to place: UnsafeMutablePointer<UInt8>
    ) -> Int {
        func letter(_ index: Int) -> UInt32 {
            let word = (text + 4 * index).loadUnaligned(as: UInt32.self)
            return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
        }
        var count = count
        while count > 0, letter(count - 1) == 0 { count -= 1 }
        var length = 0
        for index in 0..<count {
            let code = letter(index)
            if code < 0x80 {
                place[length] = UInt8(truncatingIfNeeded: code)
                length += 1
            } else if let scalar = Unicode.Scalar(code), let bytes = UTF8.encode(scalar) {
                for byte in bytes {
                    place[length] = byte
                    length += 1
                }
            } else {
                // No UTF-8 holds this byte, so that whoever checks the label finds it.
                place[length] = 0xFF
                length += 1
            }
        }
        return length
    }

    private func writeNumberTexts(
        _ starts: UnsafeMutablePointer<UnsafePointer<UInt8>>, _ lengths: UnsafeMutablePointer<Int>,
        _ scratch: inout UnsafeMutablePointer<UInt8>
    ) {
        // Rows of a task often lie together, so that the text before is often the text again.
        func write<Raw: FixedWidthInteger & BitwiseCopyable>(
            _ raw: Raw.Type, _ scratch: inout UnsafeMutablePointer<UInt8>,
            _ write: (Raw, UnsafeMutablePointer<UInt8>) -> Int
        ) {
            var last: Raw?
            var place = UnsafePointer(scratch)
            var length = 0
            for index in 0..<count {
                let word = (start + index * stride).loadUnaligned(as: Raw.self)
                let value = type.isBigEndian ? Raw(bigEndian: word) : Raw(littleEndian: word)
                if value != last {
                    last = value
                    place = UnsafePointer(scratch)
                    length = write(value, scratch)
                    scratch += length
                }
                starts[index] = place
                lengths[index] = length
            }
        }
        switch (type.kind, type.byteCount) {
        case (.float, 8):
            write(UInt64.self, &scratch) {
                Self.write(Double(bitPattern: $0), Double(bitPattern: $0).description, to: $1)
            }
        case (.float, 4):
            write(UInt32.self, &scratch) {
                Self.write(Double(Float(bitPattern: $0)), Float(bitPattern: $0).description, to: $1)
            }
        case (.float, _):
            write(UInt16.self, &scratch) { Self.write(Double(Self.half($0)), Self.halfText($0), to: $1) }
        case (.signed, 8): write(UInt64.self, &scratch) { Self.write(Int64(bitPattern: $0), to: $1) }
        case (.signed, 4): write(UInt32.self, &scratch) { Self.write(Int64(Int32(bitPattern: $0)), to: $1) }
        case (.signed, 2): write(UInt16.self, &scratch) { Self.write(Int64(Int16(bitPattern: $0)), to: $1) }
        case (.signed, _): write(UInt8.self, &scratch) { Self.write(Int64(Int8(bitPattern: $0)), to: $1) }
        case (.unsigned, 8): write(UInt64.self, &scratch) { Self.write($0, to: $1) }
        case (.unsigned, 4): write(UInt32.self, &scratch) { Self.write(UInt64($0), to: $1) }
        case (.unsigned, 2): write(UInt16.self, &scratch) { Self.write(UInt64($0), to: $1) }
        case (.unsigned, _): write(UInt8.self, &scratch) { Self.write(UInt64($0), to: $1) }
        default: write(UInt8.self, &scratch) { Self.write($0 == 0 ? "False" : "True", to: $1) }
        }
    }

    /// Writes the text of a number unless it is NaN, whole numbers without a point.
    private static func write(
        _ number: Double, _ text: @autoclosure () -> String, to place: UnsafeMutablePointer<UInt8>
    ) -> Int {
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 { return write(whole, to: place) }
        return number.isNaN ? 0 : write(text(), to: place)
    }

    private static func halfText(_ bits: UInt16) -> String { Float16(bitPattern: bits).description }

    private static func write(_ text: String, to place: UnsafeMutablePointer<UInt8>) -> Int {
        var length = 0
        for byte in text.utf8 {
            place[length] = byte
            length += 1
        }
        return length
    }

    private static func write(_ number: Int64, to place: UnsafeMutablePointer<UInt8>) -> Int {
        guard number < 0 else { return write(UInt64(number), to: place) }
        place[0] = UInt8(ascii: "-")
        return 1 + write(number.magnitude, to: place + 1)
    }

    private static func write(_ number: UInt64, to place: UnsafeMutablePointer<UInt8>) -> Int {
        var length = 1
        var rest = number / 10
        while rest > 0 {
            length += 1
            rest /= 10
        }
        rest = number
        for index in (0..<length).reversed() {
            place[index] = UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0")
            rest /= 10
        }
        return length
    }
}
