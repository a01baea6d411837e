import Compute
import Engine
import Kernels
import Testing

@Suite("Program cache", .needsDevice)
struct ProgramCacheTests {
    @Test("a second run loads what the first built, and computes the same")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let first = try makeContext(cache: DeviceCache(folder: folder.path))
        #expect(try first.program(.probe, options: [:]).wasBuilt)
        #expect(folder.files.count == 1)
        let second = try makeContext(cache: DeviceCache(folder: folder.path))
        #expect(try !second.program(.probe, options: [:]).wasBuilt)
        try expectCopies(second)
    }

    @Test("other definitions are another program")
    func definitions() throws {
        let folder = try TemporaryFolder()
        let context = try makeContext(cache: DeviceCache(folder: folder.path))
        let plain = try context.program(.probe, options: [:])
        #expect(try context.program(.probe, options: [:]) === plain)
        let other = try context.program(.probe, options: ["PROBE_VECTOR": "float8"])
        #expect(other !== plain && other.wasBuilt)
        #expect(folder.files.count == 2)
    }

    @Test("a damaged file, and a binary that the driver refuses, are built anew and replaced")
    func damage() throws {
        let folder = try TemporaryFolder()
        let cache = DeviceCache(folder: folder.path)
        _ = try makeContext(cache: cache).program(.probe, options: [:])
        let path = "\(folder.path)/\(try #require(folder.files.first))"
        let whole = try readBytes(path)

        try writeBytes(Array(whole.dropLast(whole.count / 2)), to: path)
        let afterDamage = try makeContext(cache: cache)
        #expect(try afterDamage.program(.probe, options: [:]).wasBuilt)
        try expectCopies(afterDamage)

        // Sound as a file, but nothing that a driver takes.
        let contents = Array("not a program".utf8)
        let sum = fnv1a(contents)
        let header = Array(whole.prefix(8)) + (0..<16).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
        try writeBytes(header + contents, to: path)
        let afterRefusal = try makeContext(cache: cache)
        #expect(try afterRefusal.program(.probe, options: [:]).wasBuilt)
        try expectCopies(afterRefusal)

        #expect(try !makeContext(cache: cache).program(.probe, options: [:]).wasBuilt)
    }

    @Test("a folder that cannot be written is no error")
    func unwritable() throws {
        let context = try makeContext(cache: DeviceCache(folder: "/dev/null/cache"))
        #expect(try context.program(.probe, options: [:]).wasBuilt)
        try expectCopies(context)
    }

    @Test("programs built from their text are counted")
    func count() throws {
        let before = Context.programsBuilt
        _ = try makeContext().program(.probe, options: [:])
        #expect(Context.programsBuilt > before)
    }

    /// The copy kernel of the program with no definitions does its work.
    private func expectCopies(_ context: Context) throws {
        let values = (0..<256).map { Float($0) }
        let source = try context.makeBuffer(values)
        let result = try context.makeBuffer(of: Float.self, count: 256, zeroed: true)
        let kernel = try context.kernel("probe_copy", in: .probe)
        try kernel.launch(global: 64, .count(64), .buffer(source), .buffer(result))
        #expect(try result.read() == values)
    }
}
