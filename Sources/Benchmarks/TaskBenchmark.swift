internal import Compute

/// An operation on arrays that are on the device, of so many tasks and a width.
struct TaskBenchmark<Operation: TaskOperation>: Benchmark {
    let operation: Operation
    let taskCount: Int
    let width: Int

    var name: String { operation.name }
    var size: String { "\(taskCount) x \(width)" }

    func run<B: Backend, R: Backend<Double>>(
        on backend: B, reference: R, _ stopwatch: inout Stopwatch
    ) throws(ComputeError) {
        let run = try operation.prepare(on: backend, taskCount: taskCount, width: width)
        let cost = operation.cost(width: Double(width))
        let tasks = Double(taskCount)
        try stopwatch.time(Work(values: tasks * cost.values, of: B.Scalar.self, operations: tasks * cost.operations)) {
            () throws(ComputeError) in
            try run()
            try backend.synchronize()
        }
    }
}

/// What a ``TaskBenchmark`` times.
protocol TaskOperation: Sendable {
    var name: String { get }
    /// Values read and written, and additions and multiplications, a task.
    func cost(width: Double) -> (values: Double, operations: Double)
    /// Makes the operands and returns the operation on them.
    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void
}
