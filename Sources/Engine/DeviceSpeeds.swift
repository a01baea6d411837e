public import Compute

/// What a device, or the CPU path, was measured to do at best: once, then kept in the cache.
public struct DeviceSpeeds: Sendable {
    public let name: String
    /// Bytes read and written in a second by a copy within the device's memory, in 10^9.
    public let copyGigabytes: Double
    /// Bytes read in a second from the device's memory where nothing is written, in 10^9.
    public let readGigabytes: Double
    /// Multiply-adds in a second in float, each two operations, in 10^9.
    public let floatGigaflops: Double
    /// The same in double; nil where the device has none.
    public let doubleGigaflops: Double?

    /// Measures a device, in about a second at the first time.
    ///
    /// - Parameter isAfresh: whether to measure also where it was measured before: other work may slow the machine.
    /// - Throws: when the device cannot be used.
    public init(of device: Device, isAfresh: Bool = false) throws(ComputeError) {
        self.init(name: device.name, try DeviceProbe.measure(Context(device: device), isAfresh: isAfresh))
    }

    /// The CPU path on so many threads.
    public static func ofCPUPath(_ parallel: Parallel, isAfresh: Bool = false) -> DeviceSpeeds {
        DeviceSpeeds(name: DeviceProbe.cpuName, DeviceProbe.measure(parallel, isAfresh: isAfresh))
    }

    private init(name: String, _ probe: DeviceProbe) {
        self.name = name
        copyGigabytes = probe.copyGigabytes
        readGigabytes = probe.readGigabytes
        floatGigaflops = probe.floatGigaflops
        doubleGigaflops = probe.doubleGigaflops
    }
}
