import Compute
import Glibc

/// Puts the labels that several parsers met into one ascending order.
struct GroupingLabels {
    /// The distinct labels: by value when every one is a finite number, else by their bytes.
    let labels: Labels
    /// For each parser, the place in `labels` of each of its codes.
    let places: [[UInt32]]

    /// A label and what it is compared by first.
    private struct Entry {
        var key: UInt64
        var table: UInt32
        var code: UInt32
    }

    init(_ tables: [LabelTable], parallel: Parallel) {
        let isNumeric = tables.allSatisfy { table in
            (0..<table.count).allSatisfy { code in
                let label = table.label(code)
                guard let start = label.baseAddress else { return false }
                return NumberParser.number(start, count: label.count)?.isFinite ?? false
            }
        }
        let shared = isNumeric ? 0 : Self.sharedPrefix(tables)
        var sorted = tables.map { _ in [Entry]() }
        sorted.withUnsafeMutableBufferPointer { sorted in
            parallel.forEachBlock(tables.count) { index in
                let table = tables[index]
                var entries = (0..<table.count).map { code in
                    Entry(
                        key: Self.key(table.label(code), isNumeric: isNumeric, skipping: shared),
                        table: UInt32(index), code: UInt32(code))
                }
                entries.sort { Self.isAscending($0, $1, tables) }
                sorted[index] = entries
            }
        }
        var merged: [Entry] = []
        for entries in sorted { merged = Self.merge(merged, entries, tables) }

        var bytes: [UInt8] = []
        var offsets = [0]
        var places = tables.map { [UInt32](repeating: 0, count: $0.count) }
        var last: Entry?
        for entry in merged {
            if last.map({ Self.isAscending($0, entry, tables) }) ?? true {
                bytes.append(contentsOf: tables[Int(entry.table)].label(Int(entry.code)))
                offsets.append(bytes.count)
            }
            places[Int(entry.table)][Int(entry.code)] = UInt32(offsets.count - 2)
            last = entry
        }
        labels = Labels(bytes: bytes, offsets: offsets)
        self.places = places
    }

    private static func isAscending(_ first: Entry, _ second: Entry, _ tables: [LabelTable]) -> Bool {
        if first.key != second.key { return first.key < second.key }
        let one = tables[Int(first.table)].label(Int(first.code))
        let other = tables[Int(second.table)].label(Int(second.code))
        guard let start = one.baseAddress, let otherStart = other.baseAddress else { return one.count < other.count }
        let order = memcmp(start, otherStart, min(one.count, other.count))
        return order == 0 ? one.count < other.count : order < 0
    }

    private static func merge(_ first: [Entry], _ second: [Entry], _ tables: [LabelTable]) -> [Entry] {
        if first.isEmpty { return second }
        var merged: [Entry] = []
        merged.reserveCapacity(first.count + second.count)
        var place = 0
        for entry in second {
            while place < first.count, !isAscending(entry, first[place], tables) {
                merged.append(first[place])
                place += 1
            }
            merged.append(entry)
        }
        merged.append(contentsOf: first[place...])
        return merged
    }

    /// The number of bytes with which all labels begin: comparing them again and again would cost most of the time.
    private static func sharedPrefix(_ tables: [LabelTable]) -> Int {
        guard let table = tables.first(where: { $0.count > 0 }) else { return 0 }
        let model = table.label(0)
        var shared = model.count
        for table in tables {
            for code in 0..<table.count {
                let label = table.label(code)
                shared = min(shared, label.count)
                var place = 0
                while place < shared, label[place] == model[place] { place += 1 }
                shared = place
            }
        }
        return shared
    }

    /// A number whose order is that of the labels, but for ties.
    private static func key(_ label: UnsafeBufferPointer<UInt8>, isNumeric: Bool, skipping shared: Int) -> UInt64 {
        guard let start = label.baseAddress else { return 0 }
        if isNumeric {
            // Adding 0 turns -0 into 0.
            let bits = ((NumberParser.number(start, count: label.count) ?? 0) + 0).bitPattern
            return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
        }
        var key: UInt64 = 0
        for place in shared..<shared + 8 {
            key = key << 8 | (place < label.count ? UInt64(label[place]) : 0)
        }
        return key
    }
}
