import Compute

/// The values of tasks that several devices share, for order statistics.
///
/// Each device splits its own tasks; sums of whole numbers do not depend on who forms them.
struct GroupColumns<Scalar: LaneScalar>: TaskColumns {
    let members: [DeviceColumns<Scalar>]
    let shares: TaskShares
    let taskCount: Int

    var entryCount: Int { members[0].entryCount }

    func values(ofTasks tasks: [Int]) throws(ComputeError) -> [Double] {
        var values = Array(repeating: 0.0, count: tasks.count * entryCount)
        for (index, member) in members.enumerated() {
            let places = tasks.indices.filter { shares.member(of: tasks[$0]) == index }
            let own = try member.values(ofTasks: places.map { shares.localTask(tasks[$0]) })
            for (local, place) in places.enumerated() {
                for entry in 0..<entryCount {
                    values[place * entryCount + entry] = own[local * entryCount + entry]
                }
            }
        }
        return values
    }

    func columns(_ entries: Range<Int>) throws(ComputeError) -> [Double] {
        if shares.areCopied(taskCount) { return try members[0].columns(entries) }
        var values = Array(repeating: 0.0, count: entries.count * taskCount)
        var parts: [[Double]] = []
        for member in members { parts.append(try member.columns(entries)) }
        for task in 0..<taskCount {
            let index = shares.member(of: task)
            let ownCount = shares.count(of: taskCount, on: index)
            for entry in 0..<entries.count {
                values[entry * taskCount + task] = parts[index][entry * ownCount + shares.localTask(task)]
            }
        }
        return values
    }

    func split(
        _ entries: Range<Int>, at brackets: [Bracket], weights: FixedPointWeights
    ) throws(ComputeError) -> [BracketSplit] {
        var total = Array(repeating: BracketSplit(), count: entries.count)
        for member in members {
            let own = try member.split(entries, at: brackets, weights: weights)
            for index in total.indices { total[index].add(own[index]) }
        }
        return total
    }

    func maxima() throws(ComputeError) -> [Double] {
        var largest = Array(repeating: -Double.infinity, count: entryCount)
        for member in members {
            for (entry, value) in try member.maxima().enumerated()
            where !largest[entry].isNaN && !(value <= largest[entry]) { largest[entry] = value }
        }
        return largest
    }

    /// The devices' blocks, in the order of their tasks.
    func blockSums(inside intervals: [ShiftedInterval]) throws(ComputeError) -> [Double] {
        if shares.areCopied(taskCount) { return try members[0].blockSums(inside: intervals) }
        var parts: [[Double]] = []
        for member in members { parts.append(try member.blockSums(inside: intervals)) }
        let width = 2 * entryCount
        let blockCount = (taskCount + shares.blockSize - 1) / shares.blockSize
        return (0..<blockCount).flatMap { block in
            let local = block / members.count
            return parts[block % members.count][local * width..<(local + 1) * width]
        }
    }
}
