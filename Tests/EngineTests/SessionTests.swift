import Compute
import Engine
import Testing

@Suite("Session")
struct SessionTests {
    @Test("does the work on the CPU path without asking for devices", arguments: Precision.allCases)
    func cpuPath(precision: Precision) throws {
        let session = try Session(choice: .cpu, precision: precision, parallel: Parallel(threadCount: 1))
        #expect(try session.perform(SumJob(), workload: Self.small) == 6)
        #expect(session.deviceName == "CPU path, 1 thread")
        #expect(session.notices.isEmpty)
    }

    @Test("does the work on the device that was asked for, and records it", .needsDevice)
    func askedFor() throws {
        let device = try #require(Device.all().first)
        let choice = DeviceChoice.openCL(platform: device.platformIndex, device: device.deviceIndex)
        let session = try Session(choice: choice, precision: .float, parallel: Parallel(threadCount: 1))
        #expect(try session.perform(SumJob(), workload: Self.small) == 6)
        #expect(session.deviceName == device.name)
    }

    @Test("an absent device is an error at once, never another device")
    func absent() {
        #expect(throws: ComputeError.self) {
            _ = try Session(
                choice: .openCL(platform: 99, device: 0), precision: .double, parallel: Parallel(threadCount: 1))
        }
    }

    @Test("an error of the work itself is not taken for a failure of the device")
    func errorsPass() throws {
        let session = try Session(choice: .auto, precision: .double, parallel: Parallel(threadCount: 1))
        #expect(throws: ComputeError.interrupted) { try session.perform(InterruptedJob(), workload: Self.small) }
        #expect(session.notices.isEmpty)
    }

    static let small = Workload(rowCount: 10, featureCount: 2, passCount: 1, precision: .double)
}

/// The sum of 1, 2 and 3.
private struct SumJob: Job {
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Double {
        let values = try backend.makeVectors(taskCount: 3, width: 1)
        let weights = try backend.makeVectors(taskCount: 3, width: 1)
        let sum = try backend.makeVectors(taskCount: 1, width: 1)
        try backend.upload([1, 2, 3], into: values)
        try backend.upload([1, 1, 1], into: weights)
        try backend.weightedSum(of: values, weights: weights, into: sum)
        return Double(try backend.download(sum)[0])
    }
}

private struct InterruptedJob: Job {
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Double {
        throw .interrupted
    }
}
