import Compute
import Kernels

extension DeviceColumns {
    private var blockCount: Int { (vectors.taskCount + backend.sumBlockSize - 1) / backend.sumBlockSize }

    func maxima() throws(ComputeError) -> [Double] {
        let (lanes, entryCount) = (backend.lanes, self.entryCount)
        let count = blockCount * entryCount * lanes
        let maxima = try backend.context.makeBuffer(of: Scalar.self, count: count)
        try backend.kernel("max_values", in: .quantiles, order: 0).launch(
            global: count,
            arguments: [.count(vectors.taskCount), .count(entryCount)] + backend.place(vectors.entries) + [
                .buffer(vectors.entries.buffer), .buffer(maxima),
            ])
        var largest = Array(repeating: -Double.infinity, count: entryCount)
        for (place, value) in Self.widened(try maxima.read()).enumerated() {
            let entry = place / lanes % entryCount
            // A NaN is taken, and then kept.
            if !largest[entry].isNaN, !(value <= largest[entry]) { largest[entry] = value }
        }
        return largest
    }

    func blockSums(inside intervals: [ShiftedInterval]) throws(ComputeError) -> [Double] {
        if backend.context.device.hasDouble { return try blockSums(inside: intervals, partials: Double.self) }
        return try blockSums(inside: intervals, partials: Float.self)
    }

    private func blockSums<Accum: LaneScalar>(
        inside intervals: [ShiftedInterval], partials: Accum.Type
    ) throws(ComputeError) -> [Double] {
        let lanes = backend.lanes
        let bounds = try backend.context.makeBuffer(
            intervals.flatMap { [Scalar($0.shift), Scalar($0.lower), Scalar($0.upper)] })
        let partials = try backend.context.makeBuffer(of: Accum.self, count: blockCount * entryCount * 2 * lanes)
        let presence = (weights ?? vectors).entries
        try backend.kernel("sum_inside", in: .quantiles, order: 0).launch(
            global: blockCount * entryCount * (backend.shape == .vectors ? 1 : lanes),
            arguments: [.count(vectors.taskCount), .count(entryCount), .count(weights == nil ? 0 : 1)]
                + backend.place(vectors.entries) + backend.place(presence) + [
                    .buffer(bounds), .buffer(vectors.entries.buffer), .buffer(presence.buffer), .buffer(partials),
                ])
        return Self.added(try partials.read(), lanes: lanes)
    }

    /// The sum of each run of so many lanes.
    @specialized(where Scalar == Double, Accum == Double)
    @specialized(where Scalar == Float, Accum == Double)
    @specialized(where Scalar == Float, Accum == Float)
    private static func added<Accum: LaneScalar>(_ partials: [Accum], lanes: Int) -> [Double] {
        (0..<partials.count / lanes).map { place in
            var sum = 0.0
            for lane in 0..<lanes { sum += Double(partials[place * lanes + lane]) }
            return sum
        }
    }
}
