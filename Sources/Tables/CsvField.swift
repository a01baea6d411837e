/// One field of a record: its bytes without quotes, and where it ends in the file.
struct CsvField {
    var start: UnsafePointer<UInt8>
    var count: Int
    /// The delimiter or line end that follows.
    var end: UnsafePointer<UInt8>
    /// Whether text follows a closing quote.
    var isMalformed = false

    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    /// Reads the field that starts at `start`, in memory that holds the whole record and its line feed.
    ///
    /// Blanks around a field without quotes are not part of it.
    ///
    /// - Parameter scratch: where the text of a field with doubled quotes goes; moved past it.
    @inline(__always)
    init(at start: UnsafePointer<UInt8>, delimiter: UInt8, scratch: inout UnsafeMutablePointer<UInt8>) {
        if start[0] == CsvBlockReader.quote {
            self.init(quotedAt: start, delimiter: delimiter, scratch: &scratch)
            return
        }
        var place = start
        while place[0] != delimiter, place[0] != CsvBlockReader.newline { place += 1 }
        let end = Self.lineEnd(place, after: start)
        var first = start
        var last = end
        while first < last, NumberParser.isBlank(first[0]) { first += 1 }
        while first < last, NumberParser.isBlank(last[-1]) { last -= 1 }
        self.init(start: first, count: last - first, end: end)
    }

    private init(start: UnsafePointer<UInt8>, count: Int, end: UnsafePointer<UInt8>) {
        self.start = start
        self.count = count
        self.end = end
    }

    @inline(never)
    private init(quotedAt quote: UnsafePointer<UInt8>, delimiter: UInt8, scratch: inout UnsafeMutablePointer<UInt8>) {
        var place = quote + 1
        while place[0] != CsvBlockReader.quote { place += 1 }
        if place[1] != CsvBlockReader.quote {
            start = quote + 1
            count = place - start
        } else {
            start = UnsafePointer(scratch)
            var source = quote + 1
            while true {
                if source[0] == CsvBlockReader.quote {
                    if source[1] != CsvBlockReader.quote { break }
                    source += 1
                }
                scratch[0] = source[0]
                scratch += 1
                source += 1
            }
            count = UnsafePointer(scratch) - start
            // A reader of numbers stops at this byte.
            scratch[0] = CsvBlockReader.quote
            scratch += 1
            place = source
        }
        place += 1
        let afterQuote = place
        while place[0] != delimiter, place[0] != CsvBlockReader.newline {
            if !NumberParser.isBlank(place[0]), place[0] != UInt8(ascii: "\r") { isMalformed = true }
            place += 1
        }
        end = Self.lineEnd(place, after: afterQuote)
    }

    /// Where the field at `start` ends, its content unread.
    @inline(__always)
    static func skip(_ start: UnsafePointer<UInt8>, delimiter: UInt8) -> UnsafePointer<UInt8> {
        var place = start
        if place[0] == CsvBlockReader.quote {
            place += 1
            while true {
                if place[0] == CsvBlockReader.quote {
                    if place[1] != CsvBlockReader.quote { break }
                    place += 1
                }
                place += 1
            }
        }
        while place[0] != delimiter, place[0] != CsvBlockReader.newline { place += 1 }
        return lineEnd(place, after: start)
    }

    /// Steps back over the carriage return of a line that ends at `place` with both.
    @inline(__always)
    private static func lineEnd(
        _ place: UnsafePointer<UInt8>, after start: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        let hasReturn = place[0] == CsvBlockReader.newline && place > start && place[-1] == UInt8(ascii: "\r")
        return hasReturn ? place - 1 : place
    }
}
