import COpenCL

/// The calls of OpenCL since faults were last planted.
struct OpenCLCalls {
    /// How often each function was called.
    let counts: [String: Int]
    /// How many of these calls the library carried out and called a success.
    private let successes: [String: Int]

    init() {
        var (counts, successes): ([String: Int], [String: Int]) = ([:], [:])
        var place: Int32 = 0
        while let name = kindred_opencl_name(place) {
            counts[String(cString: name)] = kindred_opencl_calls(place)
            successes[String(cString: name)] = kindred_opencl_successes(place)
            place += 1
        }
        (self.counts, self.successes) = (counts, successes)
    }

    var total: Int { counts.values.reduce(0, +) }

    /// The objects that were made and not released, by what releases them; negative where one was released twice.
    var heldObjects: [String: Int] {
        var held: [String: Int] = [:]
        for (releaser, makers) in Self.makers {
            let made = makers.reduce(0) { $0 + (successes[$1] ?? 0) }
            let count = made - (successes[releaser] ?? 0)
            if count != 0 { held[releaser] = count }
        }
        return held
    }

    /// What makes the objects that each function releases. Every command that is enqueued makes an event.
    private static let makers = [
        "clReleaseContext": ["clCreateContext"],
        "clReleaseCommandQueue": ["clCreateCommandQueue"],
        "clReleaseMemObject": ["clCreateBuffer"],
        "clReleaseProgram": ["clCreateProgramWithSource", "clCreateProgramWithBinary"],
        "clReleaseKernel": ["clCreateKernel"],
        "clReleaseEvent": [
            "clEnqueueReadBuffer", "clEnqueueWriteBuffer", "clEnqueueReadBufferRect", "clEnqueueWriteBufferRect",
            "clEnqueueFillBuffer", "clEnqueueNDRangeKernel",
        ],
    ]
}
