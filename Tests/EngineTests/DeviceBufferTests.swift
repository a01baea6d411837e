import Compute
import Engine
import Glibc
import Kernels
import Testing

@Suite("DeviceBuffer", .needsDevice)
struct DeviceBufferTests {
    @Test("gives back what was written, whatever its size", arguments: [0, 1, 63, 64, 65, 4096, 1_000_003])
    func roundTrip(count: Int) throws {
        let context = try makeContext()
        let values = (0..<count).map { Double($0) * 0.5 }
        let buffer: DeviceBuffer<Double> = try context.makeBuffer(count: count)
        try buffer.write(values)
        #expect(try buffer.read() == values)
        #expect(try context.makeBuffer(values).read() == values)
    }

    @Test("writes and reads a part and leaves the rest")
    func parts() throws {
        let context = try makeContext()
        let buffer = try context.makeBuffer([Int32](0..<100))
        try buffer.write([-1, -2, -3], at: 97)
        try buffer.write([], at: 100)
        #expect(try buffer.read(95..<100) == [95, 96, -1, -2, -3])
        #expect(try buffer.read(0..<2) == [0, 1])
        #expect(try buffer.read(40..<40).isEmpty)
    }

    @Test("is zero when asked for, also from memory used before and past its end", arguments: [1, 1000, 40_000])
    func zeroed(count: Int) throws {
        let context = try makeContext()
        for _ in 0..<3 {
            let zeros = try context.makeBuffer(of: Double.self, count: count, zeroed: true)
            #expect(try zeros.read().allSatisfy { $0 == 0 })
            try zeros.write(Array(repeating: 7, count: count))
        }
        #expect(context.pool.blockCount == 1)
    }

    @Test("memory of nearly the same size serves again once its buffer is gone")
    func reuse() throws {
        let context = try makeContext()
        for count in [1000, 1005, 990] {
            let buffer = try context.makeBuffer(of: Float.self, count: count)
            try buffer.write(Array(repeating: 1, count: count))
        }
        #expect(context.pool.blockCount == 1)
        let first = try context.makeBuffer(of: Float.self, count: 1000)
        let second = try context.makeBuffer(of: Float.self, count: 1000)
        #expect(context.pool.blockCount == 2)
        try first.write([1])
        try second.write([2])
        #expect(try first.read(0..<1) == [1])
    }

    @Test("costs at most an eighth more than was asked, and never less than the padding")
    func sizeClasses() {
        var previous = 0
        for bytes in Array(0...5000) + [1 << 20, 1 << 20 + 1, 3 << 29, 6_400_000_000, 1 << 40] {
            let size = BufferPool.roundedUp(bytes)
            #expect(size >= bytes && size % 256 == 0 && size >= previous)
            #expect(size - bytes <= max(256, bytes / 8))
            previous = size
        }
    }

    @Test("says how much was asked of which device when it is more than one buffer can be")
    func tooLarge() throws {
        let context = try makeContext()
        for bytes in [context.device.maxAllocationBytes, .max - 64, .max] {
            #expect(throws: ComputeError.outOfMemory(requestedBytes: bytes, device: context.device.name)) {
                try context.makeBuffer(of: UInt8.self, count: bytes)
            }
        }
        #expect(throws: ComputeError.outOfMemory(requestedBytes: .max, device: context.device.name)) {
            try context.makeBuffer(of: Double.self, count: .max / 2)
        }
    }

    @Test("takes back spare memory before it says that there is none")
    func outOfMemory() async {
        await #expect(processExitsWith: .success) {
            setenv("POCL_MEMORY_LIMIT", "1", 1)
            let context = try makeContext()
            let device = context.device
            // Only where the device can be made small: others are not to be filled by a test.
            guard device.globalMemoryBytes <= 1 << 30 else { return }
            let part = min(device.maxAllocationBytes, device.globalMemoryBytes) / 8 * 7 / 2
            func fill(_ size: Int) throws -> [DeviceBuffer<UInt8>] {
                var buffers: [DeviceBuffer<UInt8>] = []
                while buffers.count < 64 {
                    do throws(ComputeError) {
                        buffers.append(try context.makeBuffer(count: size))
                    } catch {
                        #expect(error == .outOfMemory(requestedBytes: size, device: device.name))
                        return buffers
                    }
                }
                return buffers
            }
            let large = try fill(part).count
            #expect((1..<64).contains(large))
            // All of that is spare now, and in another size class than what comes next.
            #expect(context.pool.spareBytes > 0)
            #expect(try fill(part / 2).count >= 2 * large)
        }
    }

    @Test("a copy that has begun keeps the memory it reads from")
    func owner() throws {
        let context = try makeContext()
        let count = 1_000_000
        let buffer = try context.makeBuffer(of: Int32.self, count: count)
        weak var released: HostMemory<Int32>?
        do {
            var host: HostMemory<Int32>? = HostMemory(count: count, filledWith: 5)
            let values = UnsafeBufferPointer(try #require(host).memory)
            let event = try buffer.write(values, ownedBy: try #require(host))
            released = host
            host = nil
            #expect(released != nil)
            try event.wait()
            #expect(try event.isComplete())
        }
        #expect(released == nil)
        #expect(try buffer.read().allSatisfy { $0 == 5 })
    }

    @Test("kernels and copies of one buffer keep their order on two queues")
    func order() throws {
        let context = try sharedContext()
        let device = context.device
        let kernel = try context.kernel("probe_copy", in: .probe, options: DeviceProbe.options(device, Float.self))
        let count = 4096 * DeviceProbe.lanes(device, Float.self)
        let source = try context.makeBuffer(of: Float.self, count: count)
        var results: [DeviceBuffer<Float>] = []
        for round in 0..<20 {
            // Written while the kernel of the round before may still read it.
            let host = HostMemory(count: count, filledWith: Float(round))
            _ = try source.write(UnsafeBufferPointer(host.memory), ownedBy: host)
            let result = try context.makeBuffer(of: Float.self, count: count)
            try kernel.launch(global: 4096, .count(4096), .buffer(source), .buffer(result))
            results.append(result)
        }
        for (round, result) in results.enumerated() {
            #expect(try result.read().allSatisfy { $0 == Float(round) }, "round \(round)")
        }
    }
}

/// Host memory for a copy that does not wait. Unchecked: written in `init` alone.
private final class HostMemory<Scalar: BitwiseCopyable & Sendable>: @unchecked Sendable {
    let memory: UnsafeMutableBufferPointer<Scalar>

    init(count: Int, filledWith value: Scalar) {
        memory = .allocate(capacity: count)
        memory.initialize(repeating: value)
    }

    deinit { memory.deallocate() }
}
