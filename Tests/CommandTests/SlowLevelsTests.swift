import Foundation
import Testing

@Suite("a million tasks of one row")
struct SlowLevelsTests {
    @Test("are refused with one line by itl, and no obstacle to pool")
    func oneRowTasks() throws {
        let folder = try Folder()
        try folder.write("t.csv", "task,x,y\n" + (0..<1_000_000).map { "t\($0),\($0 % 7),\($0 % 11)\n" }.joined())
        let alone = try Program.run(["fit", "t.csv"] + SmallTable.fit, in: folder)
        #expect(alone.code == 65, "\(alone)")
        #expect(alone.errorLines.count == 1, "\(alone)")
        #expect(alone.errors.contains("no task has more rows than the model has coefficients"), "\(alone)")
        let pooled = try Program.run(["fit", "t.csv", "--method", "pool"] + SmallTable.fit, in: folder)
        #expect(pooled.code == 0, "\(pooled)")
        #expect(Lines(pooled.output).texts("n") == ["1000000", "1000000"])
    }
}
