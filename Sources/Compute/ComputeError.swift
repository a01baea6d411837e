/// Why an operation of the compute layer could not be carried out.
///
/// A task that cannot be solved is not an error: it is a ``TaskStatus``.
public enum ComputeError: Error, Equatable, Sendable {
    /// No device answers to the description the user gave.
    case deviceNotFound(String)
    /// The device exists but cannot compute in double precision.
    case doubleUnsupported(device: String)
    /// A buffer could not be had.
    case outOfMemory(requestedBytes: Int, device: String)
    /// A call to the device failed; `call` names it, `code` is the status it returned.
    case deviceFailure(call: String, code: Int, device: String)
    /// A kernel did not compile; `log` is the compiler's output.
    case buildFailed(program: String, device: String, log: String)
    /// Rows could not be read while a pass over them ran.
    case unreadableRows(String)
    /// The user stopped the run.
    case interrupted

    /// Whether it lies with the device, so that another one could still carry the work out.
    public var isDeviceFailure: Bool {
        switch self {
        case .outOfMemory, .deviceFailure, .buildFailed, .deviceNotFound, .doubleUnsupported: true
        case .unreadableRows, .interrupted: false
        }
    }
}

extension ComputeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .deviceNotFound(let wish): wish
        case .doubleUnsupported(let device):
            "'\(device)' cannot compute in double precision; use --precision float or --device cpu"
        case .outOfMemory(let bytes, let device): "out of memory: \(byteText(bytes)) asked of '\(device)'"
        case .deviceFailure(let call, let code, let device): "\(call) failed on '\(device)' with status \(code)"
        case .buildFailed(let program, let device, let log): "kernel '\(program)' did not build on '\(device)': \(log)"
        case .unreadableRows(let reason): reason
        case .interrupted: "interrupted"
        }
    }
}

/// A byte count as a person reads it: `6.4 GB`.
package func byteText(_ bytes: Int) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    guard unit > 0 else { return "\(bytes) B" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
