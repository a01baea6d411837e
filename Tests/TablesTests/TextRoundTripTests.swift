import Compute
import Tables
import Testing

/// Tables that were written, and are read by one thread, by several and packed.
@Suite("Text that was written")
struct TextRoundTripTests {
    private let folder = ReaderFolder()

    /// Rows of any finite numbers, and of labels that need quotes.
    private struct Table {
        var tasks: [String] = []
        var numbers: [Double] = []
        var labels: [String] = []

        init(seed: UInt64) {
            var malformer = Malformer(seed: seed, number: 0)
            for _ in 0...malformer.below(400) {
                tasks.append("t\(malformer.below(9)) " + Self.label(&malformer))
                let number = Double(bitPattern: malformer.random.next())
                numbers.append(number.isFinite ? number : 0)
                labels.append("l" + Self.label(&malformer))
            }
        }

        private static func label(_ malformer: inout Malformer) -> String {
            (0..<malformer.below(6)).map { _ in
                malformer.choice(["a", "ö", ",", "\"", "\n", "\r\n", "\t", " ", "\u{0}", "😀"])
            }.joined()
        }

        var bytes: [UInt8] {
            var text = OutputText()
            text.append("task,y,g\n")
            for row in tasks.indices {
                text.append(field: tasks[row])
                text.append(",")
                text.append(numbers[row])
                text.append(",")
                text.append(field: labels[row])
                text.append("\n")
            }
            return text.bytes
        }

        /// The rows in the order of their tasks.
        var snapshot: ReaderSnapshot {
            let order = tasks.indices.sorted {
                if tasks[$0].utf8.elementsEqual(tasks[$1].utf8) { return $0 < $1 }
                return tasks[$0].utf8.lexicographicallyPrecedes(tasks[$1].utf8)
            }
            var distinct: [String] = []
            var counts: [Int] = []
            for row in order {
                if let last = distinct.last, last.utf8.elementsEqual(tasks[row].utf8) {
                    counts[counts.count - 1] += 1
                } else {
                    distinct.append(tasks[row])
                    counts.append(1)
                }
            }
            return ReaderSnapshot(
                tasks: distinct, sampleCounts: counts, names: ["y", "g"],
                values: [order.map { ReaderSnapshot.text(numbers[$0]) }, order.map { "level \(labels[$0])" }],
                inputRows: order, totalRowCount: tasks.count)
        }
    }

    @Test("is read as it was", arguments: 0..<12 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let table = Table(seed: seed)
        let plain = table.bytes
        let half = plain.count / 2
        let twoMembers = zipped(Array(plain[..<half]), .gzip) + zipped(Array(plain[half...]), .gzip)
        for bytes in [plain, zipped(plain, .gzip), twoMembers] {
            for threadCount in [1, 3] {
                var reader = TableReader(
                    path: folder.file("t.csv", bytes),
                    request: TableRequest(
                        task: "task", columns: [("y", .infer), ("g", .labels)], missing: [], keepsInputRows: true),
                    parallel: Parallel(threadCount: threadCount))
                if threadCount > 1 {
                    reader.tuning.blockBytes = 300
                    reader.tuning.pieceBytes = 40
                }
                #expect(try ReaderSnapshot(reader.read()) == table.snapshot)
            }
        }
    }
}
