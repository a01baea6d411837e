internal import COpenCL

/// Calls of an OpenCL function that are made to fail, to see what becomes of a run.
package struct OpenCLFault: Sendable, Equatable {
    /// A setting that no fault can be read from, with what is to be written in its place.
    package struct Malformed: Error, Equatable {
        package let message: String
    }

    /// A function's name, or `any`: all of them, counted together.
    let function: String
    /// Which call fails, counted from 1.
    let call: Int
    /// Whether every later call fails too.
    let lasts: Bool
    /// What the call returns.
    let status: Int32

    /// Reads `clCreateBuffer:3:-4`, or `clCreateBuffer:3+:-4` for a fault that lasts.
    package init(parsing text: Substring) throws(Malformed) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let lasts = parts.count > 1 && parts[1].hasSuffix("+")
        guard parts.count == 3, let call = Int(lasts ? parts[1].dropLast() : parts[1]), call > 0,
            let status = Int32(parts[2]), status < 0
        else {
            throw Malformed(
                message:
                    "'\(text)' is no fault: write FUNCTION:CALL:STATUS, as clCreateBuffer:3:-4, or CALL+ for every "
                    + "later call too")
        }
        function = String(parts[0])
        guard function == "any" || Self.functions.contains(function) else {
            throw Malformed(message: "'\(text)' is no fault: no function '\(function)' of OpenCL is called here")
        }
        (self.call, self.lasts, self.status) = (call, lasts, status)
    }

    /// Plants the faults of a setting, a list with commas, and has calls counted from zero.
    ///
    /// To be called before OpenCL is used, or else in a process that began so, and while nothing else uses it.
    package static func plant(_ setting: String) throws(Malformed) {
        var faults: [OpenCLFault] = []
        for item in setting.split(separator: ",", omittingEmptySubsequences: false) {
            faults.append(try OpenCLFault(parsing: item))
        }
        try plant(faults)
    }

    /// Plants these faults in the place of those before, and has calls counted from zero.
    package static func plant(_ faults: [OpenCLFault]) throws(Malformed) {
        kindred_opencl_watch()
        for fault in faults
        where kindred_opencl_plant(fault.function, fault.call, fault.lasts ? 1 : 0, fault.status) == 0 {
            throw Malformed(message: "\(faults.count) faults are more than there is room for")
        }
    }

    /// The functions of OpenCL that are called here.
    package static let functions: [String] = (0...).lazy.map { kindred_opencl_name(Int32($0)) }.prefix { $0 != nil }
        .compactMap { $0.map { String(cString: $0) } }
}
