import Engine
import Testing

extension Trait where Self == ConditionTrait {
    static var needsDevice: Self { .enabled(if: Device.walked != nil, "there is no OpenCL device here") }
}

extension Device {
    /// The device whose calls fail.
    static let walked = all().first { $0.hasDouble }
}
