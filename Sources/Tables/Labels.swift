/// Distinct names in ascending order: of tasks, or of a factor's levels.
///
/// They lie end to end in one buffer, so that millions of them cost little more than their letters.
public struct Labels: Sendable, Equatable {
    private let bytes: [UInt8]
    private let offsets: [Int]

    /// Labels in the order given.
    public init(_ labels: [String]) {
        var bytes: [UInt8] = []
        var offsets = [0]
        for label in labels {
            bytes.append(contentsOf: label.utf8)
            offsets.append(bytes.count)
        }
        self.init(bytes: bytes, offsets: offsets)
    }

    /// Labels that lie end to end: label `i` is `bytes[offsets[i] ..< offsets[i + 1]]`.
    package init(bytes: [UInt8], offsets: [Int]) {
        precondition(offsets.first == 0 && offsets.last == bytes.count, "the labels' ends span the bytes")
        self.bytes = bytes
        self.offsets = offsets
    }

    public var count: Int { offsets.count - 1 }

    /// A label as text.
    public subscript(index: Int) -> String { String(decoding: utf8(of: index), as: UTF8.self) }

    /// A label's bytes as they stand in the file.
    public func utf8(of index: Int) -> ArraySlice<UInt8> { bytes[offsets[index]..<offsets[index + 1]] }
}
