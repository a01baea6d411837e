internal import COpenCL
import Compute

/// Runs of adjacent values at equal distances in a buffer: what a view of packed entries is.
struct BufferRuns {
    let first: Int
    /// Values in a run.
    let width: Int
    /// From the start of one run to the start of the next.
    let stride: Int
    let count: Int

    var valueCount: Int { width * count }
}

extension DeviceBuffer {
    /// Returns the values of the runs, end to end, when every command that touches the buffer is complete.
    func read(_ runs: BufferRuns) throws(ComputeError) -> [Scalar] {
        if runs.width == runs.stride { return try read(runs.first..<runs.first + runs.valueCount) }
        var failure: ComputeError?
        let values = [Scalar](unsafeUninitializedCapacity: runs.valueCount) { memory, initializedCount in
            do throws(ComputeError) {
                try transfer("clEnqueueReadBufferRect", runs, on: context.compute) {
                    clEnqueueReadBufferRect(
                        self.context.compute.raw, self.allocation.memory.raw, cl_bool(CL_FALSE), $0.origin,
                        Rectangle.hostOrigin, $0.region, $0.pitch, 0, 0, 0, memory.baseAddress, $1, $2, $3)
                }
                initializedCount = runs.valueCount
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return values
    }

    /// Copies `values` into the runs, and returns when they are there.
    func write(_ values: [Scalar], into runs: BufferRuns) throws(ComputeError) {
        precondition(values.count == runs.valueCount, "as many values as the runs hold")
        if runs.width == runs.stride { return try write(values, at: runs.first) }
        var failure: ComputeError?
        values.withUnsafeBufferPointer { memory in
            do throws(ComputeError) {
                try transfer("clEnqueueWriteBufferRect", runs, on: context.transfer) {
                    clEnqueueWriteBufferRect(
                        self.context.transfer.raw, self.allocation.memory.raw, cl_bool(CL_FALSE), $0.origin,
                        Rectangle.hostOrigin, $0.region, $0.pitch, 0, 0, 0, memory.baseAddress, $1, $2, $3)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Enqueues a transfer of the runs and waits for it.
    private func transfer(
        _ call: String, _ runs: BufferRuns, on queue: CommandQueue,
        _ command: (Rectangle, cl_uint, UnsafePointer<cl_event?>?, UnsafeMutablePointer<cl_event?>) -> cl_int
    ) throws(ComputeError) {
        if runs.valueCount == 0 { return }
        precondition(
            runs.first >= 0 && runs.first + (runs.count - 1) * runs.stride + runs.width <= count,
            "a transfer beyond the buffer's end")
        let rectangle = Rectangle(runs, valueSize: MemoryLayout<Scalar>.stride)
        let completion = try context.enqueue(
            call, on: queue, touching: [allocation], waitingFor: [], bytes: byteCount
        ) { (waitCount, waits, event) in
            command(rectangle, waitCount, waits, event)
        }
        try completion.wait()
    }
}

/// Runs as OpenCL describes them: a rectangle of bytes whose rows are the runs.
private struct Rectangle {
    static let hostOrigin = [0, 0, 0]
    let origin: [Int]
    let region: [Int]
    let pitch: Int

    init(_ runs: BufferRuns, valueSize: Int) {
        pitch = runs.stride * valueSize
        let offset = runs.first * valueSize
        origin = [offset % pitch, offset / pitch, 0]
        region = [runs.width * valueSize, runs.count, 1]
    }
}
