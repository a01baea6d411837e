import Compute
import Kernels

extension DeviceProbe {
    /// The speeds of an OpenCL device, measured in less than half a second, program builds apart, and then kept.
    ///
    /// - Throws: ``ComputeError`` when the device fails.
    package static func measure(_ context: Context, isAfresh: Bool = false) throws(ComputeError) -> DeviceProbe {
        let device = context.device
        let key = [
            KernelProgram.probe.source, device.name, device.driverVersion, device.platformName, device.platformVersion,
        ]
        return try cached(in: context.cache, key: key, isAfresh: isAfresh) { () throws(ComputeError) in
            let bytes = copyBytes(of: device)
            return DeviceProbe(
                copyGigabytes: try copyRate(context, bytes: bytes),
                readGigabytes: try readRate(context, bytes: bytes),
                transferGigabytes: try transferRate(context, bytes: bytes),
                floatGigaflops: try multiplyAddRate(context, Float.self),
                doubleGigaflops: device.hasDouble ? try multiplyAddRate(context, Double.self) : nil)
        }
    }

    /// More than caches hold, and little of the device's memory.
    private static func copyBytes(of device: Device) -> Int {
        let wanted = device.kind == .gpu ? 256 << 20 : 64 << 20
        return min(wanted, device.maxAllocationBytes / 4) / 4096 * 4096
    }

    private static func copyRate(_ context: Context, bytes: Int) throws(ComputeError) -> Double {
        let kernel = try context.kernel("probe_copy", in: .probe, options: options(context.device, Float.self))
        let source = try context.makeBuffer(of: UInt8.self, count: bytes, zeroed: true)
        let destination = try context.makeBuffer(of: UInt8.self, count: bytes, zeroed: true)
        let vectors = bytes / (lanes(context.device, Float.self) * MemoryLayout<Float>.size)
        func copy() throws(ComputeError) {
            try kernel.launch(global: vectors, .count(vectors), .buffer(source), .buffer(destination)).wait()
        }
        try copy()
        return try bestRate(unitsPerRun: 2 * Double(bytes), copy)
    }

    private static func readRate(_ context: Context, bytes: Int) throws(ComputeError) -> Double {
        let device = context.device
        let kernel = try context.kernel("probe_read", in: .probe, options: options(device, Float.self))
        let source = try context.makeBuffer(of: UInt8.self, count: bytes, zeroed: true)
        let vectors = bytes / (lanes(device, Float.self) * MemoryLayout<Float>.size)
        // Items of a CPU device read on, those of a GPU side by side.
        let isCPU = device.kind == .cpu
        let items = min(vectors, device.computeUnitCount * (isCPU ? 64 : 4096))
        let sums = try context.makeBuffer(of: Float.self, count: items * lanes(device, Float.self))
        let share = (vectors + items - 1) / items
        func read() throws(ComputeError) {
            try kernel.launch(
                global: items, .count(vectors), .count(isCPU ? share : 1), .count(isCPU ? 1 : items),
                .count(share), .buffer(source), .buffer(sums)
            ).wait()
        }
        try read()
        return try bestRate(unitsPerRun: Double(bytes), read)
    }

    private static func transferRate(_ context: Context, bytes: Int) throws(ComputeError) -> Double {
        let size = min(bytes, 32 << 20)
        let host = [UInt8](repeating: 1, count: size)
        let buffer = try context.makeBuffer(of: UInt8.self, count: size)
        try buffer.write(host)
        return try bestRate(unitsPerRun: Double(size)) { () throws(ComputeError) in try buffer.write(host) }
    }

    private static func multiplyAddRate<Scalar: LaneScalar>(
        _ context: Context, _ scalar: Scalar.Type
    ) throws(ComputeError) -> Double {
        let device = context.device
        let kernel = try context.kernel("probe_multiply_add", in: .probe, options: options(device, scalar))
        let vectors = device.computeUnitCount * (device.kind == .gpu ? 2048 : 256)
        let result = try context.makeBuffer(of: Scalar.self, count: vectors * lanes(device, scalar))
        func multiplyAdd(rounds: Int) throws(ComputeError) {
            try kernel.launch(
                global: vectors, .count(vectors), .count(rounds), .real(0.5 as Scalar), .real(0.5 as Scalar),
                .buffer(result)
            ).wait()
        }
        try multiplyAdd(rounds: 64)
        var rounds = 64
        while rounds < 1 << 20, try seconds({ () throws(ComputeError) in try multiplyAdd(rounds: rounds) }) < 0.01 {
            rounds *= 2
        }
        let operations = 16 * Double(rounds) * Double(result.count)
        return try bestRate(unitsPerRun: operations) { () throws(ComputeError) in try multiplyAdd(rounds: rounds) }
    }

    /// The definitions of `probe.cl` for a device and a scalar.
    package static func options<Scalar: LaneScalar>(
        _ device: Device, _ scalar: Scalar.Type
    ) -> [String: any CustomStringConvertible] {
        ["PROBE_SCALAR": Scalar.name, "PROBE_VECTOR": "\(Scalar.name)\(lanes(device, scalar))"]
    }

    /// The lanes of one `probe_vector`: 64 bytes on a CPU, 16 elsewhere.
    package static func lanes<Scalar>(_ device: Device, _ scalar: Scalar.Type) -> Int {
        (device.kind == .cpu ? 64 : 16) / MemoryLayout<Scalar>.size
    }
}
