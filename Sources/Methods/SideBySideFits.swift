import Compute

/// The prototypes of several fits to the same tasks. Arrays are `taskCount x fits x width`.
struct SideBySideFits<P: Prototype> {
    private(set) var prototypes: [P]
    let width: Int
    private let taskCount: Int
    private let parallel: Parallel

    init(_ prototypes: [P], taskCount: Int, width: Int, parallel: Parallel) {
        self.prototypes = prototypes
        self.taskCount = taskCount
        self.width = width
        self.parallel = parallel
    }

    var count: Int { prototypes.count }

    /// Every task's prototype in every fit.
    var places: [Double] {
        Array(unsafeUninitializedCapacity: taskCount * count * width) { values, initializedCount in
            initializedCount = taskCount * count * width
            guard let base = values.baseAddress else { return }
            parallel.forEachBlock(count) { fit in
                for task in 0..<taskCount {
                    prototypes[fit].write(task: task, to: base + (task * count + fit) * width)
                }
            }
        }
    }

    /// How far `start` is from the prototypes, in fits that have deviations.
    func deviations(of start: [Double], strengths: [Double]) -> [Double] {
        var deviations = places
        for task in 0..<taskCount {
            for fit in 0..<count {
                let first = (task * count + fit) * width
                for index in 0..<width {
                    deviations[first + index] =
                        strengths[fit] == .infinity ? 0 : start[task * width + index] - deviations[first + index]
                }
            }
        }
        return deviations
    }

    mutating func move(phase: Int, slopes: [Double], step: Double) {
        let (stride, width) = (count * width, width)
        slopes.withUnsafeBufferPointer { slopes in
            prototypes.withUnsafeMutableBufferPointer { prototypes in
                guard let slopes = slopes.baseAddress, let prototypes = prototypes.baseAddress else { return }
                parallel.forEachBlock(stride / max(1, width)) { fit in
                    prototypes[fit].move(
                        phase: phase, slopes: FitVectors(slopes + fit * width, stride: stride, width: width),
                        step: step)
                }
            }
        }
    }

    /// Every candidate of every fit with each task's deviation in that fit added: `taskCount x candidates x width`.
    func coefficients(of candidates: [[[Double]]], _ deviations: [Double]) -> [Double] {
        let all = candidates.enumerated().flatMap { fit, centers in centers.map { (fit, $0) } }
        return Array(unsafeUninitializedCapacity: taskCount * all.count * width) { values, initializedCount in
            initializedCount = taskCount * all.count * width
            guard let base = values.baseAddress else { return }
            parallel.forEachBlock(taskCount) { task in
                for (place, (fit, center)) in all.enumerated() {
                    let destination = base + (task * all.count + place) * width
                    let first = (task * count + fit) * width
                    for index in 0..<width { destination[index] = center[index] + deviations[first + index] }
                }
            }
        }
    }

    /// Gives every task a candidate in each fit; true where deviations became 0 by that.
    mutating func choose(
        _ candidates: [[[Double]]], costs: [Double], deviations: inout [Double], _ penalties: PenaltySteps
    ) -> Bool {
        let candidateCount = candidates.reduce(0) { $0 + $1.count }
        var (first, hasMoved) = (0, false)
        for fit in 0..<count where !candidates[fit].isEmpty {
            let own = (0..<taskCount).map { penalties.cost(of: deviations, $0 * count + fit, width) }
            let moved = costs.withUnsafeBufferPointer { costs in
                deviations.withUnsafeBufferPointer { deviations -> [Int] in
                    guard let costs = costs.baseAddress, let deviations = deviations.baseAddress else { return [] }
                    return prototypes[fit].choose(
                        costs: FitVectors(costs + first, stride: candidateCount, width: candidates[fit].count),
                        penalties: own,
                        deviations: FitVectors(deviations + fit * width, stride: count * width, width: width))
                }
            }
            for task in moved {
                let place = (task * count + fit) * width
                for index in place..<place + width { deviations[index] = 0 }
            }
            hasMoved = hasMoved || !moved.isEmpty
            first += candidates[fit].count
        }
        return hasMoved
    }
}
