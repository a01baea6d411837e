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

        var needsDevice: Bool { self == .vectorKernels || self == .laneKernels }
    }

    package let kind: Kind
    package let isDouble: Bool

    package var description: String { "\(kind.rawValue), \(isDouble ? "double" : "float")" }

    /// Every backend that this machine has, with both scalars.
    package static let all: [Candidate] = Kind.allCases.flatMap { kind in
        kind.needsDevice && device == nil
            ? [] : [Candidate(kind: kind, isDouble: true), Candidate(kind: kind, isDouble: false)]
    }

    /// The device that tests run on: the first there is.
    private static let device: Device? = Device.all().first { $0.hasDouble }

    private static let context: Context? = device.flatMap { try? Context(device: $0) }

    /// Calls one of the two with a fresh backend. `chunkRows` is left to the caller.
    package func run(
        _ double: (any Backend<Double>) throws -> Void, float: (any Backend<Float>) throws -> Void
    ) throws {
        CaseLog.append(self)
        if isDouble { try double(backend(Double.self)) } else { try float(backend(Float.self)) }
    }

    private func backend<Scalar: LaneScalar>(_: Scalar.Type) throws -> any Backend<Scalar> {
        switch kind {
        case .oneThread: return CPUBackend<Scalar>(parallel: Parallel(threadCount: 1))
        case .twoThreads: return CPUBackend<Scalar>(parallel: Parallel(threadCount: 2))
        case .vectorKernels, .laneKernels:
            guard let context = Self.context else { throw ComputeError.deviceNotFound("no device to test on") }
            return try OpenCLBackend<Scalar>(context: context, shape: kind == .vectorKernels ? .vectors : .lanes)
        }
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
