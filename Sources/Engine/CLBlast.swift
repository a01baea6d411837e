internal import CCLBlast
internal import COpenCL
import Compute

/// Products by CLBlast, a library of products tuned for each GPU.
package enum CLBlast {
    /// Whether it is there and bound to the OpenCL library in use. With another one, say under `KINDRED_OPENCL`, it
    /// would be given objects of a library it does not know.
    package static let isAvailable: Bool = kindred_clblast_shares(kindred_opencl_function("clFinish")) != 0

    /// Enqueues `C_i = A_i B'` for `count` matrices `A_i` of `rowCount` x `width`, one behind the other, and `B` of
    /// `height` x `width`, all by rows.
    static func multiply<Scalar: LaneScalar>(
        _ a: DeviceBuffer<Scalar>, from aFirst: Int, by b: DeviceBuffer<Scalar>, into c: DeviceBuffer<Scalar>,
        from cFirst: Int, rowCount: Int, width: Int, height: Int, count: Int
    ) throws(ComputeError) {
        let context = a.context
        let multiply =
            Scalar.self == Double.self ? kindred_clblast_multiply_double : kindred_clblast_multiply_float
        _ = try context.enqueue(
            "CLBlast's product", on: context.compute, touching: [a, b, c].map(\.allocation), waitingFor: [],
            bytes: c.byteCount
        ) { (waitCount, waits, event) throws(ComputeError) in
            // CLBlast takes no list of events to wait for.
            if waitCount > 0 {
                try check(clWaitForEvents(waitCount, waits), "clWaitForEvents", on: context.device.name)
            }
            let memories = [a, b, c].map { UnsafeMutableRawPointer($0.allocation.memory.raw) }
            return multiply(
                rowCount, height, width, memories[0], aFirst, memories[1], memories[2], cFirst, count,
                UnsafeMutableRawPointer(context.compute.raw), event)
        }
    }
}
