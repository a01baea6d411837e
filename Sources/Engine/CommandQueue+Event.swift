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

    /// Whether the command has ended, well or not. Does not block.
    package var isComplete: Bool { completion?.isComplete ?? true }
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
        try check(executionStatus < 0 ? executionStatus : status, call, on: device)
    }

    /// Whether the command has ended, well or not.
    var isComplete: Bool { executionStatus <= CL_COMPLETE }

    /// - Throws: when the command has ended badly. Does not wait for one that has not ended.
    func throwIfFailed() throws(ComputeError) {
        let status = executionStatus
        if status < 0 { try check(status, call, on: device) }
    }

    private var executionStatus: cl_int {
        var value: cl_int = 0
        let size = MemoryLayout<cl_int>.size
        let status = clGetEventInfo(
            handle.raw, cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS), size, &value, nil)
        return status == CL_SUCCESS ? value : status
    }
}

/// An owned `cl_event`. Unchecked: OpenCL's calls on an event may come from any thread.
private struct EventHandle: ~Copyable, @unchecked Sendable {
    let raw: cl_event
    deinit { clReleaseEvent(raw) }
}
