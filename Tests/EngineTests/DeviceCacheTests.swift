import Engine
import Testing

@Suite("DeviceCache")
struct DeviceCacheTests {
    @Test("has the published hash values")
    func hash() {
        #expect(fnv1a([]) == 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
        #expect(fnv1a(Array("a".utf8)) == 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964)
    }

    @Test("gives back what it was given, and only for the same key", arguments: [0, 1, 23, 24, 70000])
    func roundTrip(size: Int) throws {
        let folder = try TemporaryFolder()
        let cache = DeviceCache(folder: folder.path + "/made/on/the/way")
        let contents = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let entry = DeviceCache.Entry(kind: "test", key: ["a", "bc"])
        #expect(cache.read(entry) == nil)
        cache.write(contents, for: entry)
        #expect(cache.read(entry) == contents)
        #expect(cache.read(DeviceCache.Entry(kind: "test", key: ["ab", "c"])) == nil)
        #expect(cache.read(DeviceCache.Entry(kind: "other", key: ["a", "bc"])) == nil)
        cache.write([1], for: entry)
        #expect(cache.read(entry) == [1])
        #expect(folder.files == ["made"])
    }

    @Test("reads a damaged entry as absent, wherever the damage is")
    func damage() throws {
        let folder = try TemporaryFolder()
        let cache = DeviceCache(folder: folder.path)
        let entry = DeviceCache.Entry(kind: "test", key: ["a"])
        cache.write(Array(0..<50), for: entry)
        let path = "\(folder.path)/\(try #require(folder.files.first))"
        #expect(folder.files.count == 1)
        let whole = try readBytes(path)
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 0x10
            try writeBytes(damaged, to: path)
            #expect(cache.read(entry) == nil, "byte \(index)")
        }
        for length in 0..<whole.count {
            try writeBytes(Array(whole.prefix(length)), to: path)
            #expect(cache.read(entry) == nil, "cut to \(length) bytes")
        }
        try writeBytes(whole + [0], to: path)
        #expect(cache.read(entry) == nil)
    }

    @Test(
        "keeps nothing, and says nothing, where it cannot write", arguments: ["/dev/null/cache", "/proc/nowhere", nil])
    func unwritable(folder: String?) {
        let cache = DeviceCache(folder: folder)
        let entry = DeviceCache.Entry(kind: "test", key: ["a"])
        cache.write([1, 2, 3], for: entry)
        #expect(cache.read(entry) == nil)
    }

    @Test(
        "lies where the environment says",
        arguments: [
            (["KINDRED_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/a"),
            (["KINDRED_CACHE": "", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/b/kindred"),
            (["XDG_CACHE_HOME": "relative", "HOME": "/c"], "/c/.cache/kindred"), (["HOME": "/c"], "/c/.cache/kindred"),
            (["HOME": ""], nil), ([:], nil),
        ] as [([String: String], String?)])
    func place(environment: [String: String], expected: String?) {
        #expect(DeviceCache.folder { environment[$0] } == expected)
    }
}
