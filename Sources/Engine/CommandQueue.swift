internal import COpenCL
import Compute

/// One of the two in-order queues of a context.
///
/// Commands on one queue run in the order in which they were enqueued. A command that touches a buffer which a command
/// on the other queue touched before waits for that one by itself.
package final class CommandQueue: Sendable {
    /// What a queue is for: kernels run on one while rows travel on the other.
    enum Role: Int, Sendable, CaseIterable {
        case compute, transfer
    }

    let role: Role
    private let handle: QueueHandle

    init(role: Role, context: cl_context, device: cl_device_id, deviceName: String) throws(ComputeError) {
        var status: cl_int = 0
        let queue = clCreateCommandQueue(context, device, 0, &status)
        try check(status, "clCreateCommandQueue", on: deviceName)
        guard let queue else {
            throw .deviceFailure(call: "clCreateCommandQueue", code: Int(status), device: deviceName)
        }
        self.role = role
        handle = QueueHandle(raw: queue)
    }

    var raw: cl_command_queue { handle.raw }
}

/// An owned `cl_command_queue`. Unchecked: OpenCL's calls on a queue may come from any thread.
private struct QueueHandle: ~Copyable, @unchecked Sendable {
    let raw: cl_command_queue
    deinit { clReleaseCommandQueue(raw) }
}
