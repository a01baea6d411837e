/// What one piece of a table holds: the columns of its complete rows.
final class TablePiece {
    /// Something that makes the table unusable. Its offset counts lines, or elements of arrays, from the piece's first.
    struct Fault {
        var offset: Int
        var column: String?
        var message: String
    }

    /// A number that is not finite, and what stands there.
    struct Finding {
        var offset: Int
        var text: String
    }

    /// The rows that `numbers`, `codes` and `inputRows` have room for.
    private(set) var rowCapacity = 0
    /// One column of numbers after another, each of `rowCapacity` rows.
    private(set) var numbers: UnsafeMutablePointer<Double>
    /// One column of codes after another; the codes are those of the piece's `worker`.
    private(set) var codes: UnsafeMutablePointer<UInt32>
    /// Each row's place among the piece's records.
    private(set) var inputRows: UnsafeMutablePointer<UInt32>
    var worker = 0
    /// Complete rows.
    var rowCount = 0
    /// Records, complete or not.
    var recordCount = 0
    /// Line feeds, or elements of each array.
    var placeCount = 0
    /// How often each wanted field is missing.
    var missingCounts: [Int]
    /// The first number of each column that is not finite.
    var firstNonFinite: [Finding?]
    var fault: Fault?

    private let numberCount: Int
    private let labelCount: Int

    init(plan: TablePlan) {
        numberCount = plan.numberCount
        labelCount = plan.labelCount
        numbers = .allocate(capacity: 0)
        codes = .allocate(capacity: 0)
        inputRows = .allocate(capacity: 0)
        missingCounts = Array(repeating: 0, count: plan.fields.count)
        firstNonFinite = Array(repeating: nil, count: plan.numberCount)
    }

    deinit {
        numbers.deallocate()
        codes.deallocate()
        inputRows.deallocate()
    }

    /// Empties the piece and makes room for this many rows.
    func reset(rowCapacity: Int) {
        rowCount = 0
        recordCount = 0
        fault = nil
        for index in missingCounts.indices { missingCounts[index] = 0 }
        for index in firstNonFinite.indices { firstNonFinite[index] = nil }
        guard rowCapacity > self.rowCapacity else { return }
        self.rowCapacity = rowCapacity
        numbers.deallocate()
        codes.deallocate()
        inputRows.deallocate()
        numbers = .allocate(capacity: numberCount * rowCapacity)
        codes = .allocate(capacity: labelCount * rowCapacity)
        inputRows = .allocate(capacity: rowCapacity)
    }
}
