import Engine
import Methods
import Testing

/// `CL_OUT_OF_RESOURCES` for what fails once, `CL_INVALID_COMMAND_QUEUE` for a device that is lost.
@Suite("Falling back", .needsDevice)
struct SlowFallbackTests {
    @Test("each call of a fit that fails, once or from then on, ends on the device or the CPU path")
    func everyCall() async {
        await #expect(processExitsWith: .success) {
            let walk = try FaultWalk(FitBits(estimator: Individual(variance: .hc1)))
            for (function, count) in walk.calls.counts where count > 0 {
                for call in 1...count {
                    try walk.check("\(function):\(call):-5")
                    let outcome = try walk.check("\(function):\(call)+:-36")
                    let isMade = (outcome.calls.counts[function] ?? 0) >= call
                    #expect(outcome.fellBack || !isMade || isDispensable(function), "\(function):\(call)+:-36")
                }
            }
        }
    }

    @Test("a device that is lost at any call of a fit, alone or in a group")
    func lost() async {
        await #expect(processExitsWith: .success) {
            for deviceCount in 1...2 {
                let walk = try FaultWalk(FitBits(estimator: Individual(variance: .hc1)), deviceCount: deviceCount)
                for call in 1...walk.calls.total { try walk.check("any:\(call)+:-36") }
            }
        }
    }

    @Test("any call of a fit by a group of devices that fails once")
    func group() async {
        await #expect(processExitsWith: .success) {
            let walk = try FaultWalk(FitBits(estimator: Individual(variance: .hc1)), deviceCount: 2)
            for call in 1...walk.calls.total { try walk.check("any:\(call):-5") }
        }
    }

    @Test("calls while chunks travel and are summed")
    func chunks() async {
        await #expect(processExitsWith: .success) { try walkSome(ChunkedBits()) }
    }

    @Test("calls of a fit in float, which goes back to double")
    func float() async {
        await #expect(processExitsWith: .success) {
            try walkSome(FitBits(estimator: Individual(variance: .hc3)), precision: .float)
        }
    }

    @Test("calls of MOLAR")
    func molar() async {
        await #expect(processExitsWith: .success) { try walkSome(FitBits(estimator: MOLAR())) }
    }

    @Test("calls of a comparison")
    func comparison() async {
        await #expect(processExitsWith: .success) { try walkSome(ComparisonBits()) }
    }

    @Test("a device that was asked for does the fit or fails it, without a notice")
    func askedFor() async {
        await #expect(processExitsWith: .success) {
            let walk = try FaultWalk(FitBits(estimator: Individual()))
            for call in stride(from: 1, through: walk.calls.total, by: 3) {
                try walk.checkAskedFor("any:\(call):-5")
                try walk.checkAskedFor("any:\(call)+:-36")
            }
        }
    }

    @Test("a device that cannot be measured is told of once, and the CPU path does the job")
    func measurement() async {
        await #expect(processExitsWith: .success) {
            let walk = try FaultWalk(FitBits(estimator: Individual()))
            try walk.checkPlan("clCreateContext:1+:-6")
        }
    }

    @Test("a program that does not build, or leaves no binary, or whose binary is refused")
    func builds() async {
        await #expect(processExitsWith: .success) {
            let walk = try FaultWalk(FitBits(estimator: Individual()))
            let refused = "clCreateProgramWithBinary:1+:-42"
            for last in ["", ",clCreateProgramWithSource:1+:-6", ",clBuildProgram:2+:-11", ",clBuildProgram:1+:-5"] {
                let outcome = try walk.check(refused + last)
                #expect(outcome.fellBack == !last.isEmpty)
            }
            try walk.check("clBuildProgram:1+:-11,clGetProgramBuildInfo:1+:-5")
            try walk.check("\(refused),clGetProgramInfo:1+:-5")
            try walk.check("\(refused),clGetProgramInfo:2+:-5")
        }
    }
}

/// Some thirty calls, from the first to the last, fail once and from then on.
private func walkSome<J: Job>(_ job: J, precision: Precision = .double) throws where J.Output == [UInt64] {
    let walk = try FaultWalk(job, precision: precision)
    for call in stride(from: 1, through: walk.calls.total, by: walk.calls.total / 30 + 1) {
        try walk.check("any:\(call):-5")
        try walk.check("any:\(call)+:-36")
    }
}

/// Whether a fit does without this function, or goes on where it fails: without a cached program there is the text, and
/// nothing can act on what is not released. Waiting at the end of a transfer's memory is no part of the fit.
private func isDispensable(_ function: String) -> Bool {
    function.hasPrefix("clRelease")
        || ["clCreateProgramWithBinary", "clGetKernelWorkGroupInfo", "clWaitForEvents"].contains(function)
}
