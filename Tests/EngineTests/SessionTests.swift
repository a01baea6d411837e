import Compute
import Engine
import Synchronization
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

    @Test("under auto a device without memory gets smaller chunks, then the CPU path does the job", .needsDevice)
    func fallback() throws {
        let device = try #require(Device.all().first)
        let told = Mutex<[String]>([])
        let session = try Session(
            choice: .auto, devices: [device], precision: .float, parallel: Parallel(threadCount: 2)
        ) { notice in told.withLock { $0.append(notice.message) } }
        let job = FailingJob(error: .outOfMemory(requestedBytes: 7, device: device.name))
        let chunkRows = try session.perform(job, on: [device])
        // The last attempt is the CPU path's; the one before had smaller chunks than the first.
        #expect(session.deviceName == "CPU path, 2 threads")
        #expect(chunkRows > 0)
        let messages = told.withLock { $0 }
        #expect(messages.count == 2)
        #expect(messages.first?.contains("trying smaller chunks") == true)
        #expect(messages.last?.contains("continuing on the CPU path") == true)
        #expect(session.notices.map(\.message) == messages)
    }

    @Test("under auto a device that fails otherwise is not tried again, which is told in one line", .needsDevice)
    func fallbackAtOnce() throws {
        let device = try #require(Device.all().first)
        let session = try Session(
            choice: .auto, devices: [device], precision: .float, parallel: Parallel(threadCount: 2)
        ) { _ in }
        let job = FailingJob(error: .buildFailed(program: "sums", device: device.name, log: "no such type\n-DLANES=8"))
        #expect(try session.perform(job, on: [device]) > 0)
        #expect(
            session.notices.map(\.message) == [
                "kernel 'sums' did not build on '\(device.name)': no such type; continuing on the CPU path"
            ])
    }

    @Test("a device that was asked for fails with its own error", .needsDevice)
    func noFallback() throws {
        let device = try #require(Device.all().first)
        let choice = DeviceChoice.openCL(platform: device.platformIndex, device: device.deviceIndex)
        let session = try Session(choice: choice, precision: .float, parallel: Parallel(threadCount: 1))
        let error = ComputeError.outOfMemory(requestedBytes: 7, device: device.name)
        #expect(throws: error) { try session.perform(FailingJob(error: error), workload: Self.small) }
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
        return try backend.download(sum)[0]
    }
}

/// Fails anywhere but on the CPU path.
private struct FailingJob: Job {
    let error: ComputeError

    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Int {
        guard backend.name.hasPrefix("CPU path") else { throw error }
        return backend.preferredChunkRows(rowWidth: 4, isLent: false)
    }
}

private struct InterruptedJob: Job {
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Double {
        throw .interrupted
    }
}
