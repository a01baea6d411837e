/// One OpenCL device of this machine, as its platform describes it.
public struct Device: Sendable, Hashable {
    /// What sort of processor a device is.
    public enum Kind: String, Sendable {
        case gpu, cpu, accelerator
    }

    /// The platform's place among the platforms of this machine, those without devices included.
    public let platformIndex: Int
    /// The device's place among the devices of its platform.
    public let deviceIndex: Int
    public let name: String
    public let platformName: String
    /// The platform's version text, `OpenCL 3.0 ...`.
    public let platformVersion: String
    public let vendor: String
    public let driverVersion: String
    public let kind: Kind
    public let globalMemoryBytes: Int
    /// The largest size of one buffer.
    public let maxAllocationBytes: Int
    public let localMemoryBytes: Int
    public let computeUnitCount: Int
    public let maxWorkGroupSize: Int
    /// Whether the device computes in double precision.
    public let hasDouble: Bool
    /// Whether the device can round division and square root in float correctly, as it does in double.
    public let roundsFloatDivision: Bool

    package init(
        platformIndex: Int, deviceIndex: Int, name: String, platformName: String, platformVersion: String,
        vendor: String, driverVersion: String, kind: Kind, globalMemoryBytes: Int, maxAllocationBytes: Int,
        localMemoryBytes: Int, computeUnitCount: Int, maxWorkGroupSize: Int, hasDouble: Bool,
        roundsFloatDivision: Bool
    ) {
        self.platformIndex = platformIndex
        self.deviceIndex = deviceIndex
        self.name = name
        self.platformName = platformName
        self.platformVersion = platformVersion
        self.vendor = vendor
        self.driverVersion = driverVersion
        self.kind = kind
        self.globalMemoryBytes = globalMemoryBytes
        self.maxAllocationBytes = maxAllocationBytes
        self.localMemoryBytes = localMemoryBytes
        self.computeUnitCount = computeUnitCount
        self.maxWorkGroupSize = maxWorkGroupSize
        self.hasDouble = hasDouble
        self.roundsFloatDivision = roundsFloatDivision
    }

    /// How `--device` names this device whatever else there is: `opencl:0.1`.
    public var selector: String { "opencl:\(platformIndex).\(deviceIndex)" }
}
