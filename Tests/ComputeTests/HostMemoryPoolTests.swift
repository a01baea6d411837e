import Compute
import Testing

@Suite("a pool of host memory")
struct HostMemoryPoolTests {
    static let large = 5 << 20

    @Test("gives the smallest piece that serves, of those at most twice as large")
    func smallest() {
        let pool = HostMemoryPool(limit: 1 << 30)
        let sizes = [2, 3, 4].map { $0 * Self.large }
        for size in sizes { pool.giveBack(HostMemory(byteCount: size)) }
        #expect(pool.spareBytes == sizes.reduce(0, +))
        #expect(pool.take(Self.large - 1) == nil)
        #expect(pool.take(2 * Self.large + 1)?.byteCount == 3 * Self.large)
        #expect(pool.take(2 * Self.large + 1)?.byteCount == 4 * Self.large)
        #expect(pool.take(2 * Self.large + 1) == nil)
        #expect(pool.spareBytes == 2 * Self.large)
    }

    @Test("leaves small pieces to the allocator, and keeps none beyond its limit")
    func limits() {
        let pool = HostMemoryPool(limit: 3 * Self.large)
        pool.giveBack(HostMemory(byteCount: 4096))
        pool.giveBack(HostMemory(byteCount: 4 * Self.large))
        #expect(pool.spareBytes == 0)
        pool.giveBack(HostMemory(byteCount: 2 * Self.large))
        pool.giveBack(HostMemory(byteCount: Self.large))
        pool.giveBack(HostMemory(byteCount: Self.large))
        // The oldest has made room.
        #expect(pool.spareBytes == 2 * Self.large)
        #expect(pool.take(2 * Self.large) == nil)
    }
}
