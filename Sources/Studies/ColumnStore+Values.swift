import Compute
import Tables

extension ColumnStore {
    /// All numbers of a column of numbers, in the store's order.
    func numbers(of column: Int) throws(ComputeError) -> [Double] {
        var numbers = Array(repeating: 0.0, count: layout.rowCount)
        try numbers.withUnsafeMutableBufferPointer { buffer throws(ComputeError) in
            guard let base = buffer.baseAddress else { return }
            try readNumbers(column: column, rows: 0..<buffer.count, into: base)
        }
        return numbers
    }

    /// All codes of a column of codes, in the store's order.
    func codes(of column: Int) throws(ComputeError) -> [UInt32] {
        var codes = Array(repeating: UInt32(0), count: layout.rowCount)
        try codes.withUnsafeMutableBufferPointer { buffer throws(ComputeError) in
            guard let base = buffer.baseAddress else { return }
            try readCodes(column: column, rows: 0..<buffer.count, into: base)
        }
        return codes
    }
}
