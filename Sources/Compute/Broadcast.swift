/// How an operand is repeated over an array: one task serves all tasks, one column all columns, one value a column all
/// coordinates.
package struct Broadcast: Equatable {
    /// Whether the operand's one task serves several.
    package let isShared: Bool
    /// Entries from one column to the next, and from one coordinate to the next; 0 where one serves all.
    package let columnStep: Int
    package let coordinateStep: Int
}

extension Vectors {
    /// How these vectors are repeated over an array of this shape. Precondition: they have either as many tasks,
    /// columns and values a column as it, or one.
    package func broadcast(taskCount: Int, columnCount: Int, width: Int) -> Broadcast {
        precondition(self.taskCount == taskCount || self.taskCount == 1, "an operand of all tasks, or of one for all")
        precondition(
            self.columnCount == columnCount || self.columnCount == 1, "an operand of all columns, or of one for all")
        precondition(self.width == width || self.width == 1, "an operand as wide as the vectors, or one value a column")
        return Broadcast(
            isShared: self.taskCount != taskCount, columnStep: self.columnCount == columnCount ? self.width : 0,
            coordinateStep: self.width == width ? 1 : 0)
    }

    /// How these vectors are repeated over `others`.
    package func broadcast(over others: Vectors<Buffer>) -> Broadcast {
        broadcast(taskCount: others.taskCount, columnCount: others.columnCount, width: others.width)
    }
}
