package import Compute
import Glibc

/// What one run of an operation needs at least: each byte of its arrays moved once, and the arithmetic of its formula.
package struct Work: Sendable, Equatable {
    package let bytes: Double
    /// Additions and multiplications.
    package let operations: Double

    package init(bytes: Double, operations: Double) {
        self.bytes = bytes
        self.operations = operations
    }
}

/// Times an operation: some runs that do not count, then as many as make a figure.
package struct Stopwatch: Sendable {
    /// The runs that count, at least.
    package var repeats = 5
    /// The time that they take together, at least.
    package var leastSeconds = 0.2
    /// What was timed.
    package private(set) var work = Work(bytes: 0, operations: 0)
    /// The seconds of what the operation is best compared with, where there is such a thing.
    package var baselineSeconds: Double?
    /// The seconds of each run that counts.
    package private(set) var seconds: [Double] = []
    /// The seconds that all threads of the process worked in each of them.
    package private(set) var processorSeconds: [Double] = []

    package init(repeats: Int = 5, leastSeconds: Double = 0.2) {
        self.repeats = repeats
        self.leastSeconds = leastSeconds
    }

    /// Times `run`, which returns when its work is done.
    package mutating func time(_ work: Work, _ run: () throws(ComputeError) -> Void) throws(ComputeError) {
        self.work = work
        (seconds, processorSeconds) = ([], [])
        // The first run compiles kernels and brings pages into being, the second finds them.
        for _ in 0..<2 { try run() }
        var total = 0.0
        while seconds.count < repeats || total < leastSeconds {
            let (start, processorStart) = (
                Compute.seconds(by: CLOCK_MONOTONIC), Compute.seconds(by: CLOCK_PROCESS_CPUTIME_ID)
            )
            try run()
            let time = Compute.seconds(by: CLOCK_MONOTONIC) - start
            seconds.append(time)
            processorSeconds.append(Compute.seconds(by: CLOCK_PROCESS_CPUTIME_ID) - processorStart)
            total += time
        }
    }

    /// The least of the processor's times.
    package var processorMinimum: Double { processorSeconds.min() ?? .nan }

    /// The least of the times, which other work on the machine disturbed least.
    package var minimum: Double { seconds.min() ?? .nan }

    package var median: Double {
        let sorted = seconds.sorted()
        guard let last = sorted.indices.last else { return .nan }
        return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2
    }
}
