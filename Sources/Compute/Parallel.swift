import Dispatch
import Glibc
import Synchronization

/// Runs loops over blocks of work on a fixed number of threads.
///
/// This is the one place that uses Dispatch and the one place that shares raw pointers between threads. Which thread
/// runs which block is not fixed, so a body must write only what its block owns and sum nothing across blocks.
public struct Parallel: Sendable {
    /// The number of threads a loop may use, at least 1.
    public let threadCount: Int

    /// A runner on `threadCount` threads, by default one a processor core.
    public init(threadCount: Int = Parallel.coreCount) {
        self.threadCount = max(1, threadCount)
    }

    /// The number of processor cores that are online.
    public static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Calls `body` once for each block `0 ..< blockCount`, on several threads, and returns when all are done.
    ///
    /// Blocks are handed out in ascending order. A loop of one block, or a runner of one thread, stays on this thread.
    public func forEachBlock(_ blockCount: Int, _ body: (Int) -> Void) {
        let workers = min(threadCount, blockCount)
        guard workers > 1 else {
            for block in 0..<max(0, blockCount) { body(block) }
            return
        }
        let next = Atomic<Int>(0)
        withoutActuallyEscaping(body) { escapingBody in
            let shared = SharedBody(call: escapingBody)
            DispatchQueue.concurrentPerform(iterations: workers) { _ in
                while true {
                    let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    if block >= blockCount { return }
                    shared.call(block)
                }
            }
        }
    }

    /// What `body` makes of each of `0 ..< count`, in order, on several threads.
    package func map<Result>(_ count: Int, _ body: (Int) -> Result) -> [Result] {
        Array(unsafeUninitializedCapacity: count) { results, initializedCount in
            guard let first = results.baseAddress else { return }
            forEachBlock(count) { (first + $0).initialize(to: body($0)) }
            initializedCount = count
        }
    }

    /// The same, where threads take `grain` of them at a time. Inlinable, so that a caller's loop is compiled with it.
    @inlinable
    package func map<Result>(_ count: Int, grain: Int, _ body: (Int) -> Result) -> [Result] {
        Array(hugeUninitializedCapacity: count) { results, initializedCount in
            guard let first = results.baseAddress else { return }
            forEachRange(of: count, grain: grain) { range in
                for index in range { (first + index).initialize(to: body(index)) }
            }
            initializedCount = count
        }
    }

    /// Splits `0 ..< count` into ranges of at most `grain` and calls `body` once for each, on several threads.
    public func forEachRange(of count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        let size = max(1, grain)
        forEachBlock((count + size - 1) / size) { block in
            body(block * size..<min(count, (block + 1) * size))
        }
    }

    /// Splits `0 ..< count` into ranges of at most `grain`, and returns what each thread made of those it took.
    ///
    /// Which ranges a thread takes is not fixed: this is for what is the same however they are shared, as sums of whole
    /// numbers are.
    package func gather<Part>(
        of count: Int, grain: Int, from makePart: () -> Part, _ body: (Range<Int>, inout Part) -> Void
    ) -> [Part] {
        let size = max(1, grain)
        let blockCount = (count + size - 1) / size
        let next = Atomic<Int>(0)
        return map(min(threadCount, blockCount)) { _ in
            var part = makePart()
            while true {
                let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
                if block >= blockCount { return part }
                body(block * size..<min(count, (block + 1) * size), &part)
            }
        }
    }

    /// Splits `0 ..< count` into ranges of at most `grain` and calls `body` once for each with the memory of its thread.
    ///
    /// - Parameter makeScratch: evaluated once for each thread that has work.
    package func forEachRange<Scratch: ThreadScratch>(
        of count: Int, grain: Int, scratch makeScratch: @autoclosure () -> Scratch,
        _ body: (Range<Int>, Scratch) -> Void
    ) {
        let size = max(1, grain)
        let blockCount = (count + size - 1) / size
        let next = Atomic<Int>(0)
        forEachBlock(min(threadCount, blockCount)) { _ in
            let scratch = makeScratch()
            defer { scratch.deallocate() }
            while true {
                let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
                if block >= blockCount { return }
                body(block * size..<min(count, (block + 1) * size), scratch)
            }
        }
    }
}

/// Memory that one thread works in.
package protocol ThreadScratch {
    func deallocate()
}

/// Lets the threads of one loop share its body.
///
/// Unchecked: every body handed to `forEachBlock` writes only memory that its own block owns, and the loop ends before
/// `forEachBlock` returns.
private struct SharedBody: @unchecked Sendable {
    let call: (Int) -> Void
}
