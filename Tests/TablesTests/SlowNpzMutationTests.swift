import Compute
import Tables
import Testing

@Suite("Damaged arrays")
struct SlowNpzMutationTests {
    private let folder = ReaderFolder()

    /// Changes, cuts, repeats and swaps a few bytes, more often where there are headers.
    private static func mutated(_ bytes: [UInt8], _ random: inout ReaderRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard bytes.count > 2 else { return bytes }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes[place] = .random(in: 0...255, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeLast(Int.random(in: 0..<min(bytes.count, 64), using: &random))
            case 3: bytes.insert(.random(in: 0...255, using: &random), at: place)
            case 4: bytes.remove(at: place)
            case 5:
                // A number of the directory at the end.
                let end = bytes.count - 1 - Int.random(in: 0..<min(bytes.count, 200), using: &random)
                bytes[end] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 6:
                for offset in place..<min(place + 8, bytes.count) { bytes[offset] = 0xFF }
            default:
                if let digit = bytes.indices.filter({ (0x30...0x39).contains(bytes[$0]) }).randomElement(using: &random)
                {
                    bytes[digit] = .random(in: 0x30...0x39, using: &random)
                }
            }
        }
        return bytes
    }

    @Test(
        "are read or refused in one line, never a crash",
        arguments: [
            ("types.npz", ["f4b", "i8l", "u2b", "textl", "bytes", "flag"]),
            ("types_deflated.npz", ["f2l", "textb", "large", "missing"]), ("tables.npz", ["C1", "F2", "Cb0", "T1"]),
            ("tables_deflated.npz", ["F0", "Fb2", "C2"]), ("records.npz", ["flag", "name"]),
            ("version3.npy", ["y", "name", "code"]), ("zip64.npz", ["y"]), ("streamed.npz", ["y"]),
            ("refused.npz", ["y", "matrix0"]),
        ])
    func mutations(name: String, columns: [String]) {
        let original = ReaderFolder.bytes(NpzFixture.path(name))
        #expect(!original.isEmpty)
        var random = ReaderRandom(state: UInt64(original.count))
        var refusedCount = 0
        for _ in 0..<500 {
            let path = folder.file(
                name.hasSuffix("y") ? "t.npy" : "t.npz", Self.mutated(original, &random))
            let request = TableRequest(task: "task", columns: columns.map { ($0, .infer) })
            let reader = TableReader(
                path: path, request: request, parallel: Parallel(threadCount: 1), memoryLimit: 1 << 26,
                scratchFolder: folder.path)
            do throws(TableError) {
                let store = try reader.read()
                #expect(store.totalRowCount >= store.layout.rowCount)
            } catch {
                refusedCount += 1
                #expect(error.kind == .data, "\(error)")
                #expect(!error.description.contains("\n"))
            }
        }
        // Most damage is seen: what is not lies in members that nobody asks for.
        #expect(refusedCount > 100)
    }

    @Test("of a model are refused in one line, never a crash")
    func models() throws {
        let folder = try OutputFolder()
        let tasks = ModelFile.Tasks(
            labels: Labels(["a", "b"]), sampleCounts: [3, 4], degreesOfFreedom: [1, 2],
            statuses: [.ok, .collinear(feature: 1)],
            coefficients: [1, 2, .nan, .nan], standardErrors: [1, 2, .nan, .nan])
        let model = ModelFile(
            version: "0", method: "itl", formula: "y ~ x", taskColumn: "t", response: "y", terms: ["(Intercept)", "x"],
            levels: [:], settings: [], center: nil, summary: [], provenance: .init(device: "cpu", precision: "double"),
            tasks: tasks)
        let output = try OutputFile(path: folder.path + "/m.npz")
        try model.writeArchive(to: output, parallel: Parallel(threadCount: 1))
        try output.finish()
        let original = try folder.bytes("m.npz")
        var random = ReaderRandom(state: 1)
        for _ in 0..<1000 {
            let path = self.folder.file("m.npz", Self.mutated(original, &random))
            do throws(TableError) {
                _ = try ModelFile(readingFrom: path)
            } catch {
                #expect(error.kind == .data, "\(error)")
                #expect(!error.description.contains("\n"))
            }
        }
    }
}
