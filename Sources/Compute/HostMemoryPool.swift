import Synchronization

/// Host memory that was used and may be used again: to have the system bring new pages into being, and zero them, can
/// take longer than the work that is done in them.
///
/// It holds large pieces alone; small ones the allocator keeps.
package final class HostMemoryPool: Sendable {
    private struct State {
        /// In the order in which they were given back.
        var spare: [HostMemory] = []
        var spareBytes = 0
    }

    private let limit: Int
    private let state = Mutex<State>(State())

    /// - Parameter limit: at most so many bytes are held for nobody.
    package init(limit: Int) { self.limit = limit }

    package var spareBytes: Int { state.withLock { $0.spareBytes } }

    /// Memory of at least so many bytes: the smallest that serves, of those no more than twice as large.
    ///
    /// - Returns: nil where there is none.
    package func take(_ byteCount: Int) -> HostMemory? {
        guard byteCount >= HostMemory.mappedByteCount else { return nil }
        return state.withLock { state in
            var best: Int?
            for (place, memory) in state.spare.enumerated()
            where memory.byteCount >= byteCount && memory.byteCount / 2 <= byteCount {
                if let best, state.spare[best].byteCount <= memory.byteCount { continue }
                best = place
            }
            guard let best else { return nil }
            state.spareBytes -= state.spare[best].byteCount
            return state.spare.remove(at: best)
        }
    }

    /// Keeps memory that nobody uses any more, and lets go of what has been kept longest where it gets too much.
    package func giveBack(_ memory: HostMemory) {
        guard memory.byteCount >= HostMemory.mappedByteCount, memory.byteCount <= limit else { return }
        // What ends is returned to the system outside the lock.
        let ended = state.withLock { state in
            state.spare.append(memory)
            state.spareBytes += memory.byteCount
            var count = 0
            while state.spareBytes > limit {
                state.spareBytes -= state.spare[count].byteCount
                count += 1
            }
            let ended = Array(state.spare[..<count])
            state.spare.removeFirst(count)
            return ended
        }
        withExtendedLifetime(ended) {}
    }
}
