import Compute
import Engine
import Kernels
import Testing

@Suite("Kernel", .needsDevice)
struct KernelTests {
    @Test("copies every vector and nothing past the last", arguments: [1, 2, 63, 64, 65, 1000], [nil, 1, 32])
    func copy(vectors: Int, local: Int?) throws {
        let context = try sharedContext()
        let kernel = try context.kernel("probe_copy", in: .probe, options: Self.options(context))
        let lanes = DeviceProbe.lanes(context.device, Float.self)
        let values = (0..<vectors * lanes).map { Float($0) + 1 }
        let source = try context.makeBuffer(values)
        let result = try context.makeBuffer(of: Float.self, count: values.count + lanes * 64, zeroed: true)
        try kernel.launch(global: vectors, local: local, .count(vectors), .buffer(source), .buffer(result))
        let expected = values + Array(repeating: 0, count: lanes * 64)
        #expect(try result.read() == expected)
    }

    @Test("passes each type of number as the kernel declares it")
    func arguments() throws {
        let context = try sharedContext()
        try chains(context, Float.self)
        if context.device.hasDouble { try chains(context, Double.self) }
    }

    /// The chains of the probe with factors that are exact in binary: no rounding, so equal to the last bit.
    private func chains<Scalar: LaneScalar>(_ context: Context, _ scalar: Scalar.Type) throws {
        let kernel = try context.kernel(
            "probe_multiply_add", in: .probe, options: DeviceProbe.options(context.device, scalar))
        let lanes = DeviceProbe.lanes(context.device, scalar)
        let result = try context.makeBuffer(of: Scalar.self, count: 3 * lanes)
        try kernel.launch(
            global: 3, .count(3), .count(5), .real(2 as Scalar), .real(0.25 as Scalar), .buffer(result))
        var chains = (1...8).map { Scalar($0) }
        for _ in 0..<5 { chains = chains.map { $0 * 2 + 0.25 } }
        #expect(try result.read() == Array(repeating: chains.reduce(0, +), count: 3 * lanes))
    }

    @Test("launches from several threads keep their own arguments")
    func threads() throws {
        let context = try sharedContext()
        let kernel = try context.kernel("probe_multiply_add", in: .probe, options: Self.options(context))
        let lanes = DeviceProbe.lanes(context.device, Float.self)
        let buffers = try (0..<64).map { _ in try context.makeBuffer(of: Float.self, count: lanes, zeroed: true) }
        Parallel(threadCount: 4).forEachBlock(64) { block in
            _ = try? kernel.launch(
                global: 1, .count(1), .count(1), .float(0), .float(Float(block)), .buffer(buffers[block]))
        }
        for (block, buffer) in buffers.enumerated() {
            #expect(try buffer.read() == Array(repeating: 8 * Float(block), count: lanes))
        }
    }

    @Test("no work-items are no launch")
    func nothing() throws {
        let context = try sharedContext()
        let kernel = try context.kernel("probe_copy", in: .probe, options: Self.options(context))
        let buffer = try context.makeBuffer(of: Float.self, count: 0)
        let event = try kernel.launch(global: 0, .count(0), .buffer(buffer), .buffer(buffer))
        #expect(try event.isComplete())
        try event.wait()
    }

    @Test("an argument that does not fit is named with its kernel and device")
    func wrongArguments() throws {
        let context = try sharedContext()
        let kernel = try context.kernel("probe_copy", in: .probe, options: Self.options(context))
        let buffer = try context.makeBuffer(of: Float.self, count: 64)
        let error = try #require(throws: ComputeError.self) {
            try kernel.launch(
                global: 1, .count(1), .buffer(buffer), .buffer(buffer), .count(1))
        }
        #expect("\(error)".contains("argument 3 of kernel 'probe_copy'"))
        #expect("\(error)".contains(context.device.name))
        // The context is as good as before.
        try kernel.launch(global: 1, .count(1), .buffer(buffer), .buffer(buffer)).wait()
    }

    @Test("a kernel that is not there is named with its program")
    func unknownKernel() throws {
        let context = try sharedContext()
        let error = try #require(throws: ComputeError.self) {
            try context.kernel("no_such_kernel", in: .probe, options: Self.options(context))
        }
        #expect("\(error)".contains("'no_such_kernel' in 'probe'"))
        #expect("\(error)".contains("CL_INVALID_KERNEL_NAME"))
    }

    @Test("a program that does not build says so with the compiler's words")
    func buildFailure() throws {
        let context = try sharedContext()
        let error = try #require(throws: ComputeError.self) {
            try context.kernel("probe_copy", in: .probe, options: ["PROBE_VECTOR": "no_such_type"])
        }
        guard case .buildFailed(let program, let device, let log) = error else {
            Issue.record("\(error) is not buildFailed")
            return
        }
        #expect(program == "probe" && device == context.device.name)
        #expect(log.contains("no_such_type"))
    }

    @Test("every text builds as it stands", arguments: KernelProgram.allCases)
    func texts(program: KernelProgram) throws {
        let context = try sharedContext()
        #expect(try context.program(program, options: [:]).name == program.rawValue)
    }

    static func options(_ context: Context) -> [String: any CustomStringConvertible] {
        DeviceProbe.options(context.device, Float.self)
    }
}
