import CPUFallback
public import Compute
import Synchronization

/// The scalar in which a session works.
public enum Precision: String, Sendable, CaseIterable {
    case double, float
}

/// Work that any backend can do, whichever scalar it has.
public protocol Job<Output> {
    associatedtype Output

    /// - Parameter reference: a backend in double, for tasks that are beyond what `backend`'s scalar carries.
    func run<B: Backend, R: Backend<Double>>(on backend: B, reference: R) throws(ComputeError) -> Output
}

/// How much work a job is, as far as the choice of a device needs to know.
public struct Workload: Sendable {
    /// Bytes of rows that travel to the device in all passes.
    public let rowBytes: Double
    /// Floating-point operations on them.
    public let operations: Double

    /// The work of forming moments of `rowCount` rows in so many passes.
    public init(rowCount: Int, featureCount: Int, passCount: Int, precision: Precision) {
        let width = Double(featureCount + 1)
        let rows = Double(rowCount) * Double(passCount)
        rowBytes = rows * width * (precision == .double ? 8 : 4)
        operations = rows * width * (width + 1)
    }
}

/// Something the user is told once, and that the result records.
public struct Notice: Sendable, Equatable {
    public let message: String
}

/// Decides where work is done, and what happens when a device fails.
///
/// A device that was asked for by name does the work or the run fails. Under `auto`, a device whose memory runs out is
/// given smaller chunks first; then, and after any other failure, the CPU path takes over. Each step is one ``Notice``.
public final class Session: Sendable {
    private let choice: DeviceChoice
    private let precision: Precision
    private let parallel: Parallel
    /// How much of the machine's memory arrays may take.
    private let memoryBytes: Int
    /// The devices that were asked for, or that `auto` may take: of one kind, sharing the tasks. None is the CPU path.
    private let devices: [Device]
    private let notify: @Sendable (Notice) -> Void
    private let record = Mutex(Record())

    private struct Record {
        var deviceName: String?
        var notices: [Notice] = []
    }

    /// A session on the device of the user's choice.
    ///
    /// - Parameters:
    ///   - memoryBytes: how much of the machine's memory arrays may take; a device with memory of its own has its own.
    ///   - notify: called once for each notice, when it arises.
    /// - Throws: ``ComputeError/deviceNotFound(_:)`` when the device is absent, and
    ///   ``ComputeError/doubleUnsupported(device:)`` when it cannot do what is asked.
    public convenience init(
        choice: DeviceChoice, precision: Precision, parallel: Parallel, memoryBytes: Int = .max,
        notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) throws(ComputeError) {
        let devices = try choice.resolve(among: Device.all())
        try self.init(
            choice: choice, devices: devices, precision: precision, parallel: parallel, memoryBytes: memoryBytes,
            notify: notify)
    }

    /// A session on devices that were found for the choice.
    package init(
        choice: DeviceChoice, devices: [Device], precision: Precision, parallel: Parallel, memoryBytes: Int = .max,
        notify: @escaping @Sendable (Notice) -> Void
    ) throws(ComputeError) {
        self.choice = choice
        self.precision = precision
        self.parallel = parallel
        self.memoryBytes = memoryBytes
        self.notify = notify
        if precision == .double, let device = devices.first(where: { !$0.hasDouble }) {
            if choice != .auto { throw .doubleUnsupported(device: device.name) }
            self.devices = []
        } else {
            self.devices = devices
        }
    }

    /// What has been told so far.
    public var notices: [Notice] { record.withLock { $0.notices } }
    /// The name of the device that did the last job.
    public var deviceName: String? { record.withLock { $0.deviceName } }

    /// The devices that a job of this size goes to, none being the CPU path, and why, in one line. A device of `auto` that
    /// cannot be measured is a notice.
    public func plan(for workload: Workload) -> (devices: [Device], reason: String) {
        guard let device = devices.first else {
            return ([], choice == .cpu ? "asked for" : "no GPU that can do it")
        }
        guard choice == .auto else { return (devices, "asked for") }
        do throws(ComputeError) {
            let deviceSeconds = try predictedSeconds(for: workload, on: devices)
            let cpuSeconds = try predictedSeconds(for: workload, on: [])
            let comparison =
                "predicted \(Self.text(deviceSeconds)) on '\(device.name)', \(Self.text(cpuSeconds)) on the CPU path"
            return (deviceSeconds < cpuSeconds ? devices : [], comparison)
        } catch {
            tell(error, "continuing on the CPU path")
            return ([], "'\(device.name)' cannot be used")
        }
    }

    /// How long the passes over the rows should take on devices, or on the CPU path, by their measured speeds.
    public func predictedSeconds(for workload: Workload, on devices: [Device]) throws(ComputeError) -> Double {
        guard let device = devices.first else {
            return Self.seconds(workload, on: DeviceProbe.measure(parallel), precision)
        }
        return Self.seconds(workload, on: try DeviceProbe.measure(Context(device: device)), precision)
    }

    /// Does the job on the planned devices, and under `auto` on what is left when they fail.
    public func perform<J: Job>(_ job: J, workload: Workload) throws(ComputeError) -> J.Output {
        try perform(job, on: plan(for: workload).devices)
    }

    /// Does the job on these devices, none being the CPU path, and under `auto` on what is left when they fail.
    package func perform<J: Job>(_ job: J, on devices: [Device]) throws(ComputeError) -> J.Output {
        if devices.isEmpty { return try performOnCPU(job) }
        do throws(ComputeError) {
            return try performOnDevices(job, devices)
        } catch {
            guard choice == .auto, error.isDeviceFailure else { throw error }
            tell(error, "continuing on the CPU path")
        }
        return try performOnCPU(job)
    }

    /// Does the job on the devices, under `auto` once more with smaller chunks when their memory has run out.
    private func performOnDevices<J: Job>(_ job: J, _ devices: [Device]) throws(ComputeError) -> J.Output {
        do throws(ComputeError) {
            return try perform(job, on: devices, chunkBytes: nil)
        } catch {
            guard choice == .auto, case .outOfMemory = error else { throw error }
            tell(error, "trying smaller chunks")
        }
        return try perform(job, on: devices, chunkBytes: Self.smallChunkBytes)
    }

    /// What a device that has no memory for its usual chunks is given.
    private static let smallChunkBytes = 4_000_000

    private func performOnCPU<J: Job>(_ job: J) throws(ComputeError) -> J.Output {
        let reference = CPUBackend<Double>(parallel: parallel, memoryBytes: memoryBytes)
        record.withLock { $0.deviceName = reference.name }
        switch precision {
        case .double: return try job.run(on: reference, reference: reference)
        case .float:
            return try job.run(
                on: CPUBackend<Float>(parallel: parallel, memoryBytes: memoryBytes), reference: reference)
        }
    }

    private func perform<J: Job>(
        _ job: J, on devices: [Device], chunkBytes: Int?
    ) throws(ComputeError) -> J.Output {
        let reference = CPUBackend<Double>(parallel: parallel, memoryBytes: memoryBytes)
        switch precision {
        case .double: return try perform(job, on: devices, Double.self, chunkBytes: chunkBytes, reference)
        case .float: return try perform(job, on: devices, Float.self, chunkBytes: chunkBytes, reference)
        }
    }

    private func perform<J: Job, Scalar: LaneScalar>(
        _ job: J, on devices: [Device], _ scalar: Scalar.Type, chunkBytes: Int?, _ reference: CPUBackend<Double>
    ) throws(ComputeError) -> J.Output {
        var contexts: [Context] = []
        for device in devices { contexts.append(try Context(device: device)) }
        let sharesMemory = devices.contains { $0.kind == .cpu }
        let limit = sharesMemory ? memoryBytes : nil
        if contexts.count == 1 {
            let backend = try OpenCLBackend<Scalar>(
                context: contexts[0], chunkBytes: chunkBytes, memoryBytes: limit, parallel: parallel)
            record.withLock { $0.deviceName = backend.name }
            return try job.run(on: backend, reference: reference)
        }
        let backend = try DeviceGroup<Scalar>(
            contexts: contexts, chunkBytes: chunkBytes, memoryBytes: limit, parallel: parallel)
        record.withLock { $0.deviceName = backend.name }
        return try job.run(on: backend, reference: reference)
    }

    /// Says once what failed, without a compiler's further lines, and what is done now.
    private func tell(_ error: ComputeError, _ step: String) {
        let failure = error.description.prefix { !$0.isNewline }
        let notice = Notice(message: "\(failure); \(step)")
        let isNew = record.withLock { record in
            if record.notices.contains(notice) { return false }
            record.notices.append(notice)
            return true
        }
        if isNew { notify(notice) }
    }

    /// Time to send the rows and to work on them at a quarter of the peak rate, which is what moments reach.
    private static func seconds(_ workload: Workload, on probe: DeviceProbe, _ precision: Precision) -> Double {
        let rate = (precision == .double ? probe.doubleGigaflops : probe.floatGigaflops) ?? 0
        let transfer = probe.transferGigabytes.map { workload.rowBytes / ($0 * 1e9) } ?? 0
        return transfer + workload.operations / (0.25 * rate * 1e9)
            + (probe.transferGigabytes == nil ? 0 : startSeconds)
    }

    /// What opening a device and loading its programs takes.
    private static let startSeconds = 0.3

    private static func text(_ seconds: Double) -> String {
        seconds < 1 ? "\(Int((seconds * 1000).rounded())) ms" : "\(Int(seconds.rounded())) s"
    }
}
