internal import COpenCL
import Compute

/// The completion of one command on a device.
///
/// An event that was given an owner keeps that object alive until the command is complete: the event's own end waits.
package final class Event: Sendable {
    /// Nil for a command with nothing to do.
    let completion: Completion?
    private let owner: (any AnyObject & Sendable)?

    init(_ completion: Completion?, owner: (any AnyObject & Sendable)? = nil) {
        self.completion = completion
        self.owner = owner
    }

    deinit {
        if owner != nil { try? completion?.wait() }
    }

    /// Blocks until the command is complete.
    ///
    /// - Throws: ``ComputeError/deviceFailure(call:code:device:)`` when the command failed.
    package func wait() throws(ComputeError) { try completion?.wait() }

    /// Whether the command has ended. Does not block.
    ///
    /// - Throws: ``ComputeError/deviceFailure(call:code:device:)`` when it has ended badly, or the device does not tell.
    package func isComplete() throws(ComputeError) -> Bool { try completion?.isComplete() ?? true }
}

/// A command under way: its `cl_event` and what to call it in an error.
///
/// Like an event, it keeps the host memory of a transfer, if it was given any, and its end then waits.
final class Completion: Sendable {
    private let handle: EventHandle
    private let call: String
    private let device: String
    private let source: (any AnyObject & Sendable)?

    init(owning event: cl_event, call: String, device: String, source: (any AnyObject & Sendable)?) {
        handle = EventHandle(raw: event)
        self.call = call
        self.device = device
        self.source = source
    }

    deinit {
        if source != nil { try? wait() }
    }

    var raw: cl_event { handle.raw }

    func wait() throws(ComputeError) {
        var event: cl_event? = handle.raw
        let status = clWaitForEvents(1, &event)
        if status == CL_SUCCESS { return }
        // The command's own status says more than that of waiting for it.
        let execution = executionStatus
        try check(execution.query == CL_SUCCESS && execution.value < 0 ? execution.value : status, call, on: device)
    }

    /// Whether the command has ended. Does not wait for one that has not.
    ///
    /// - Throws: when it has ended badly, or the device does not tell.
    func isComplete() throws(ComputeError) -> Bool {
        let (query, value) = executionStatus
        try check(query, "clGetEventInfo", on: device)
        if value < 0 { try check(value, call, on: device) }
        return value == CL_COMPLETE
    }

    /// How far the command is, negative where it failed, and whether the device told that.
    private var executionStatus: (query: cl_int, value: cl_int) {
        var value: cl_int = 0
        let query = clGetEventInfo(
            handle.raw, cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS), MemoryLayout<cl_int>.size, &value, nil)
        return (query, value)
    }
}

/// An owned `cl_event`. Unchecked: OpenCL's calls on an event may come from any thread.
private struct EventHandle: ~Copyable, @unchecked Sendable {
    let raw: cl_event
    deinit { clReleaseEvent(raw) }
}
