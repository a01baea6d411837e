import Compute

/// Sums over blocks of tasks, lane by lane, as one or more devices have formed them: block `b` is on device
/// `b % deviceCount`.
struct BlockSums<Accum: LaneScalar> {
    private let parts: [[Accum]]
    private let lanes: Int

    /// Waits for the sums: on each device its blocks x values a task x lanes.
    init(of partials: [DeviceBuffer<Accum>], lanes: Int) throws(ComputeError) {
        var parts: [[Accum]] = []
        for partial in partials { parts.append(try partial.read()) }
        self.parts = parts
        self.lanes = lanes
    }

    /// Adds the blocks to `totals` in order, in the precision that the devices sum in.
    func totals(adding totals: [Double]) -> [Double] {
        let width = totals.count
        let blockCount = width == 0 ? 0 : parts.reduce(0) { $0 + $1.count } / (width * lanes)
        return totals.indices.map { entry in
            var total = Accum(totals[entry])
            for block in 0..<blockCount {
                let start = (block / parts.count * width + entry) * lanes
                for partial in parts[block % parts.count][start..<start + lanes] { total += partial }
            }
            return Double(total)
        }
    }
}
