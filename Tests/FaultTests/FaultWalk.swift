import Compute
import Engine
import Synchronization
import Testing

/// Does a job over and over, each time with other calls of OpenCL that fail, and checks what becomes of it.
///
/// Under `auto` every run must give the bits of the device or of the CPU path, say what happened once, and hold nothing
/// of OpenCL's when it ends; after all of them no memory may be lost. Faults are planted for the whole process, so it
/// must be one of the walk's own.
final class FaultWalk<J: Job> where J.Output == [UInt64] {
    private let job: J
    private let device: Device
    private let deviceCount: Int
    private let precision: Precision
    private let onDevice: [UInt64]
    private let onCPU: [UInt64]
    /// The calls of an undisturbed run.
    let calls: OpenCLCalls

    struct Outcome {
        let bits: [UInt64]
        let deviceName: String
        let notices: [String]
        let calls: OpenCLCalls

        var fellBack: Bool { deviceName.hasPrefix("CPU path") }
    }

    init(_ job: J, deviceCount: Int = 1, precision: Precision = .double) throws {
        try OpenCLFault.plant([])
        let device = try #require(Device.walked)
        let devices = Array(repeating: device, count: deviceCount)
        (self.job, self.device, self.deviceCount, self.precision) = (job, device, deviceCount, precision)
        // The first run on a device leaves its programs in the cache.
        _ = try Self.run(job, .auto, devices, precision)
        try OpenCLFault.plant([])
        let undisturbed = try Self.run(job, .auto, devices, precision)
        try #require(undisturbed.notices.isEmpty && !undisturbed.fellBack && undisturbed.calls.heldObjects.isEmpty)
        onDevice = undisturbed.bits
        calls = undisturbed.calls
        onCPU = try Self.run(job, .auto, [], precision).bits
    }

    deinit { #expect(!LostMemory.isThere) }

    /// Does the job under `auto` with faults, as `KINDRED_OPENCL_FAULT` has them, and checks the outcome.
    @discardableResult
    func check(_ faults: String) throws -> Outcome {
        try OpenCLFault.plant(faults)
        let outcome = try Self.run(job, .auto, Array(repeating: device, count: deviceCount), precision)
        #expect(outcome.bits == (outcome.fellBack ? onCPU : onDevice), "\(faults)")
        #expect(outcome.calls.heldObjects.isEmpty, "\(faults)")
        // Smaller chunks may be tried before the CPU path; each is told of once.
        let steps = outcome.notices.map { $0.split(separator: "; ").last.map(String.init) }
        let last = outcome.fellBack ? ["continuing on the CPU path"] : []
        #expect(steps == last || steps == ["trying smaller chunks"] + last, "\(faults): \(outcome.notices)")
        for notice in outcome.notices {
            #expect(notice.contains("'\(device.name)'") && !notice.contains("\n"), "\(faults): \(notice)")
        }
        return outcome
    }

    /// Does the job with faults on the device as one that the user asked for: it does it, or the run fails.
    func checkAskedFor(_ faults: String) throws {
        try OpenCLFault.plant(faults)
        let choice = DeviceChoice.openCL(platform: device.platformIndex, device: device.deviceIndex)
        do {
            let outcome = try Self.run(job, choice, [device], precision)
            #expect(
                outcome.bits == onDevice && outcome.notices.isEmpty && outcome.deviceName == device.name, "\(faults)")
        } catch let error as ComputeError {
            #expect(error.isDeviceFailure && error.description.contains("'\(device.name)'"), "\(faults): \(error)")
        }
        #expect(OpenCLCalls().heldObjects.isEmpty, "\(faults)")
    }

    /// Has the device measured with faults, as `auto` does before it takes one: asked twice, it tells once.
    func checkPlan(_ faults: String) throws {
        try OpenCLFault.plant(faults)
        let told = Mutex<[String]>([])
        let session = try Session(
            choice: .auto, devices: [device], precision: precision, parallel: Parallel(threadCount: 2)
        ) { notice in told.withLock { $0.append(notice.message) } }
        let workload = Workload(rowCount: 1000, featureCount: 3, passCount: 1, precision: precision)
        #expect(session.plan(for: workload).devices.isEmpty)
        #expect(try session.perform(job, workload: workload) == onCPU)
        let messages = told.withLock { $0 }
        #expect(messages.count == 1 && messages[0].hasSuffix("; continuing on the CPU path"))
    }

    private static func run(
        _ job: J, _ choice: DeviceChoice, _ devices: [Device], _ precision: Precision
    ) throws -> Outcome {
        let told = Mutex<[String]>([])
        let session = try Session(
            choice: choice, devices: devices, precision: precision, parallel: Parallel(threadCount: 2)
        ) { notice in told.withLock { $0.append(notice.message) } }
        let bits = try session.perform(job, on: devices)
        let notices = told.withLock { $0 }
        #expect(session.notices.map(\.message) == notices)
        return Outcome(bits: bits, deviceName: session.deviceName ?? "", notices: notices, calls: OpenCLCalls())
    }
}
