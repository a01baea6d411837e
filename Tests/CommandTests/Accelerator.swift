import Foundation
import Testing

/// The OpenCL devices that the program finds.
enum Accelerator {
    /// The selectors of all devices.
    static let selectors = selectors(environment: [:])

    static var isThere: Bool { !selectors.isEmpty }

    static var first: String { selectors.first ?? "none" }

    static let hasGPU = refusal(of: "gpu", environment: [:]) == nil

    /// What makes PoCL show the processor as one device, or as two.
    static let oneDevice: [String: String?] = ["POCL_DEVICES": "pthread"]
    static let twoDevices: [String: String?] = ["POCL_DEVICES": "pthread pthread"]

    static let canBeTwo = selectors(environment: oneDevice).count == 1 && selectors(environment: twoDevices).count == 2

    /// From the line that the program refuses an unknown device with: unlike `devices`, it measures nothing.
    private static func selectors(environment: [String: String?]) -> [String] {
        (refusal(of: "opencl:99.99", environment: environment) ?? "").matches(of: #/(opencl:\d+\.\d+) '/#).map {
            String($0.output.1)
        }
    }

    /// What the program says of a device that is not there; nil where it is.
    private static func refusal(of device: String, environment: [String: String?]) -> String? {
        guard let folder = try? SmallTable.folder(),
            let outcome = try? Program.run(
                ["fit", "t.csv", "--task", "task", "--formula", "y ~ 1", "--device", device], in: folder,
                environment: environment)
        else { return nil }
        return outcome.code == 69 ? outcome.errors : nil
    }
}

extension Trait where Self == ConditionTrait {
    static var needsOpenCL: Self { .enabled("there is no OpenCL device here") { Accelerator.isThere } }
    static var needsTwoDevices: Self { .enabled("PoCL cannot be had as two devices here") { Accelerator.canBeTwo } }
}

/// The CPU path, and the first OpenCL device where there is one.
enum Devices {
    static let all = ["cpu"] + Accelerator.selectors.prefix(1)
}
