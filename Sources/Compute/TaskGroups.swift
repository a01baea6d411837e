/// Consecutive tasks that belong together, group after group. A task may be in none.
public struct TaskGroups: Sendable, Equatable {
    /// The tasks of each group.
    public let ranges: [Range<Int>]
    /// Runs of at most ``tasksPerPiece`` tasks that make up the groups in order, each counted from its group's start.
    package let pieces: [Range<Int>]
    /// The first piece of each group, and behind these the number of pieces.
    package let firstPieces: [Int]

    /// Tasks that are summed as one piece: few enough that a single group of many keeps every thread busy.
    package static var tasksPerPiece: Int { 512 }

    public init(_ ranges: [Range<Int>]) {
        self.ranges = ranges
        var pieces: [Range<Int>] = []
        var firstPieces: [Int] = []
        for range in ranges {
            firstPieces.append(pieces.count)
            for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.tasksPerPiece) {
                pieces.append(start..<min(start + Self.tasksPerPiece, range.upperBound))
            }
        }
        self.pieces = pieces
        self.firstPieces = firstPieces + [pieces.count]
    }

    public var count: Int { ranges.count }

    /// Whether every task of a group is one of so many.
    package func areAmong(_ taskCount: Int) -> Bool {
        ranges.allSatisfy { $0.isEmpty || $0.lowerBound >= 0 && $0.upperBound <= taskCount }
    }

    /// The pieces of one group.
    package func pieces(of group: Int) -> Range<Int> { firstPieces[group]..<firstPieces[group + 1] }
}
