/// Which of several devices each task is on.
///
/// Tasks are dealt out in blocks, in turn: the blocks in which sums across tasks are formed, so that such a sum adds the
/// same numbers in the same order on any number of devices. A single task is on every device.
struct TaskShares: Sendable {
    let memberCount: Int
    /// Tasks a block.
    let blockSize: Int

    /// Whether arrays of so many tasks are held by every device.
    func areCopied(_ taskCount: Int) -> Bool { taskCount == 1 }

    /// The device that a task of several is on.
    func member(of task: Int) -> Int { task / blockSize % memberCount }

    /// The task's number on its device.
    func localTask(_ task: Int) -> Int { task / blockSize / memberCount * blockSize + task % blockSize }

    /// The numbers on a device of its tasks among consecutive ones, which begin a pack.
    func localTasks(_ tasks: Range<Int>, on member: Int) -> Range<Int> {
        count(of: tasks.lowerBound, on: member)..<count(of: tasks.upperBound, on: member)
    }

    /// How many of so many tasks a device has.
    func count(of taskCount: Int, on member: Int) -> Int {
        if areCopied(taskCount) { return 1 }
        let wholeBlocks = taskCount / blockSize
        let whole = wholeBlocks / memberCount + (member < wholeBlocks % memberCount ? 1 : 0)
        return whole * blockSize + (wholeBlocks % memberCount == member ? taskCount % blockSize : 0)
    }
}
