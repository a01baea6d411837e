import Glibc

/// The distinct labels that one parser has met in a column, numbered as they came.
///
/// A label of up to seven bytes lies in its slot, so that finding it again touches one line of memory.
final class LabelTable {
    private struct Slot: BitwiseCopyable {
        /// A hash's upper half, and in the lower half one more than the label's number; 0 is free.
        var mark: UInt64
        /// A short label, its length in the top byte; or where a long one lies, under a top byte of all ones.
        var content: UInt64
    }

    private(set) var count = 0
    /// Whether one of them is not UTF-8.
    private(set) var holdsInvalidText = false
    /// Each label's length in four bytes, its bytes, and a 0 at which readers of numbers stop.
    private var bytes: UnsafeMutablePointer<UInt8>
    private var byteCapacity = 1 << 12
    private var byteCount = 0
    private var offsets: UnsafeMutablePointer<Int>
    private var offsetCapacity = 1 << 8
    private var slots: UnsafeMutablePointer<Slot>
    private var slotMask: Int
    /// What keeps the compiler from leaving out loads whose only use is to be early.
    private var touched: UInt64 = 0

    /// Readers of numbers look this far past a label.
    private static let padding = 16
    private static let long: UInt64 = 0xFF << 56

    init() {
        bytes = .allocate(capacity: byteCapacity + Self.padding)
        bytes.initialize(repeating: 0, count: byteCapacity + Self.padding)
        offsets = .allocate(capacity: offsetCapacity)
        slotMask = (1 << 9) - 1
        slots = .allocate(capacity: slotMask + 1)
        slots.initialize(repeating: Slot(mark: 0, content: 0), count: slotMask + 1)
    }

    deinit {
        bytes.deallocate()
        offsets.deallocate()
        slots.deallocate()
    }

    /// A label's bytes, with readable memory after them, valid until the next label is added.
    func label(_ code: Int) -> UnsafeBufferPointer<UInt8> {
        let start = bytes + offsets[code]
        return UnsafeBufferPointer(start: start + 4, count: length(at: offsets[code]))
    }

    /// Writes the numbers of these labels, new ones for those that have not been met.
    func writeCodes(
        of starts: UnsafePointer<UnsafePointer<UInt8>>, lengths: UnsafePointer<Int>, count: Int,
        into codes: UnsafeMutablePointer<UInt32>
    ) {
        let batch = 32
        withUnsafeTemporaryAllocation(of: Slot.self, capacity: batch) { wanted in
            var first = 0
            while first < count {
                let size = min(batch, count - first)
                // All slots of a batch are on their way from memory before the first is compared.
                for index in 0..<size {
                    let slot = Self.wanted(starts[first + index], lengths[first + index])
                    wanted[index] = slot
                    touched ^= slots[Int(slot.mark >> 32) & slotMask].mark
                }
                for index in 0..<size {
                    codes[first + index] = code(
                        of: starts[first + index], lengths[first + index], wanted: wanted[index])
                }
                first += size
            }
        }
    }

    @inline(__always)
    private func code(of label: UnsafePointer<UInt8>, _ length: Int, wanted: Slot) -> UInt32 {
        var place = Int(wanted.mark >> 32) & slotMask
        while true {
            let slot = slots[place]
            if slot.mark == 0 { return add(label, length, wanted: wanted, place: place) }
            if slot.mark >> 32 == wanted.mark >> 32 {
                let isSame =
                    slot.content >> 56 == 0xFF
                    ? matches(Int(slot.content & ~Self.long), label, length) : slot.content == wanted.content
                if isSame { return UInt32(truncatingIfNeeded: slot.mark) &- 1 }
            }
            place = (place + 1) & slotMask
        }
    }

    @inline(__always)
    private func length(at offset: Int) -> Int {
        Int(UnsafeRawPointer(bytes + offset).loadUnaligned(as: UInt32.self))
    }

    private func matches(_ offset: Int, _ label: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        self.length(at: offset) == length && memcmp(bytes + offset + 4, label, length) == 0
    }

    @inline(never)
    private func add(_ label: UnsafePointer<UInt8>, _ length: Int, wanted: Slot, place: Int) -> UInt32 {
        let size = length + 5
        if byteCount + size > byteCapacity {
            let capacity = max(2 * byteCapacity, byteCount + size)
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Self.padding)
            larger.initialize(from: bytes, count: byteCount)
            (larger + byteCount).initialize(repeating: 0, count: capacity + Self.padding - byteCount)
            bytes.deallocate()
            bytes = larger
            byteCapacity = capacity
        }
        if count == offsetCapacity {
            let larger = UnsafeMutablePointer<Int>.allocate(capacity: 2 * offsetCapacity)
            larger.initialize(from: offsets, count: count)
            offsets.deallocate()
            offsets = larger
            offsetCapacity *= 2
        }
        UnsafeMutableRawPointer(bytes + byteCount).storeBytes(
            of: UInt32(truncatingIfNeeded: length), as: UInt32.self)
        memcpy(bytes + byteCount + 4, label, length)
        bytes[byteCount + 4 + length] = 0
        offsets[count] = byteCount
        let code = UInt32(truncatingIfNeeded: count)
        count += 1
        if !Self.isText(self.label(count - 1)) { holdsInvalidText = true }
        let content = wanted.content == Self.long ? Self.long | UInt64(byteCount) : wanted.content
        slots[place] = Slot(mark: wanted.mark | UInt64(count), content: content)
        byteCount += size
        if count * 2 > slotMask { growSlots() }
        return code
    }

    /// Whether these bytes are UTF-8.
    static func isText(_ label: UnsafeBufferPointer<UInt8>) -> Bool {
        label.allSatisfy { $0 < 0x80 } || String(validating: label, as: UTF8.self) != nil
    }

    private func growSlots() {
        let oldSlots = slots
        let oldCount = slotMask + 1
        slotMask = 2 * oldCount - 1
        slots = .allocate(capacity: slotMask + 1)
        slots.initialize(repeating: Slot(mark: 0, content: 0), count: slotMask + 1)
        for old in 0..<oldCount where oldSlots[old].mark != 0 {
            var place = Int(oldSlots[old].mark >> 32) & slotMask
            while slots[place].mark != 0 { place = (place + 1) & slotMask }
            slots[place] = oldSlots[old]
        }
        oldSlots.deallocate()
    }

    /// The slot of a label, but for its number and, when it is long, its place.
    @inline(__always)
    private static func wanted(_ label: UnsafePointer<UInt8>, _ length: Int) -> Slot {
        var content = long
        if length < 8 {
            let word = UInt64(littleEndian: UnsafeRawPointer(label).loadUnaligned(as: UInt64.self))
            content = word & ((1 << UInt64(8 * length)) - 1) | UInt64(length) << 56
        }
        let hash = length < 8 ? mixed(content, 0x9E37_79B9_7F4A_7C15) : longHash(label, length)
        return Slot(mark: (hash >> 32) << 32, content: content)
    }

    private static func longHash(_ label: UnsafePointer<UInt8>, _ length: Int) -> UInt64 {
        var hash = UInt64(length)
        var place = UnsafeRawPointer(label)
        var left = length
        while left > 0 {
            var word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
            if left < 8 { word &= (1 << UInt64(8 * left)) - 1 }
            hash = mixed(hash ^ word, 0xA076_1D64_78BD_642F)
            place += 8
            left -= 8
        }
        return mixed(hash, 0xE703_7ED1_A0B4_28DB)
    }

    /// A product of 128 bits, folded.
    @inline(__always)
    private static func mixed(_ word: UInt64, _ factor: UInt64) -> UInt64 {
        let product = word.multipliedFullWidth(by: factor)
        return product.high ^ product.low
    }
}
