import CPUFallback
package import Compute
import Engine
import Glibc
import Synchronization

/// A backend under test with one of the two scalars.
package struct Candidate: Sendable, CustomStringConvertible {
    package enum Kind: String, CaseIterable, Sendable {
        case oneThread = "CPU path, 1 thread"
        case twoThreads = "CPU path, 2 threads"
        case vectorKernels = "OpenCL, vector packs"
        case laneKernels = "OpenCL, lanes"
        case twoDevices = "OpenCL, two devices"

        var needsDevice: Bool { self != .oneThread && self != .twoThreads }
    }

    package let kind: Kind
    package let isDouble: Bool
    /// How much memory the backend has for arrays.
    package var memoryBytes = Int.max

    package init(kind: Kind, isDouble: Bool) {
        self.kind = kind
        self.isDouble = isDouble
    }

    package var description: String { "\(kind.rawValue), \(isDouble ? "double" : "float")" }

    /// Every backend that this machine has, with both scalars.
    package static let all: [Candidate] = Kind.allCases.flatMap { kind in
        kind.needsDevice && device == nil
            ? [] : [Candidate(kind: kind, isDouble: true), Candidate(kind: kind, isDouble: false)]
    }

    /// The device that tests run on: the first there is.
    private static let device: Device? = Device.all().first { $0.hasDouble }

    /// Two contexts of that device are as good as two devices: they share nothing.
    private static let contexts: [Context] =
        device.map { device in
            (0..<2).compactMap { _ in try? Context(device: device) }
        } ?? []

    /// Calls one of the two with a fresh backend. `chunkRows` is left to the caller.
    package func run(
        _ double: (any Backend<Double>) throws -> Void, float: (any Backend<Float>) throws -> Void
    ) throws {
        CaseLog.append(self)
        if isDouble { try double(backend(Double.self)) } else { try float(backend(Float.self)) }
    }

    private func backend<Scalar: LaneScalar>(_: Scalar.Type) throws -> any Backend<Scalar> {
        switch kind {
        case .oneThread: return CPUBackend<Scalar>(parallel: Parallel(threadCount: 1), memoryBytes: memoryBytes)
        case .twoThreads: return CPUBackend<Scalar>(parallel: Parallel(threadCount: 2), memoryBytes: memoryBytes)
        case .vectorKernels, .laneKernels:
            let context = try Self.context(0)
            return try OpenCLBackend<Scalar>(
                context: context, shape: kind == .vectorKernels ? .vectors : .lanes, memoryBytes: memoryBytes)
        case .twoDevices:
            return try DeviceGroup<Scalar>(
                contexts: [Self.context(0), Self.context(1)], shape: .vectors, memoryBytes: memoryBytes)
        }
    }

    private static func context(_ index: Int) throws -> Context {
        guard contexts.indices.contains(index) else { throw ComputeError.deviceNotFound("no device to test on") }
        return contexts[index]
    }
}

/// Tells the test run's summary which backend and scalar a case ran on: a line in the file `KINDRED_TEST_LOG`.
enum CaseLog {
    private static let lock = Mutex<Void>(())

    static func append(_ candidate: Candidate) {
        guard let path = getenv("KINDRED_TEST_LOG") else { return }
        lock.withLock { _ in
            guard let file = fopen(path, "a") else { return }
            fputs("\(candidate.kind.rawValue)\t\(candidate.isDouble ? "double" : "float")\n", file)
            fclose(file)
        }
    }
}
