import Compute

/// A fifth of every person's rows, drawn at random, for the test, and the others for training, standardised by the mean and
/// the deviation of all training rows.
struct ActivitySplit {
    let training: ActivityRows
    let test: ActivityRows
    private let seed: UInt64
    private let number: Int

    /// A deviation below this one counts as this one.
    private static var leastDeviation: Double { 1e-5 }

    init(_ data: ActivityData, seed: UInt64, number: Int) {
        self.seed = seed
        self.number = number
        let stream = RandomStream(
            seed: seed, purpose: .bootstrap, replication: UInt32(truncatingIfNeeded: number))
        let layout = data.layout
        var isTest = Array(repeating: false, count: layout.rowCount)
        for task in 0..<layout.taskCount {
            let count = layout.sampleCount(of: task)
            for place in stream.permutation(of: count, task: task).prefix(count / 5) {
                isTest[layout.offsets[task] + place] = true
            }
        }
        let all = Self.standardized(data, isTest)
        training = all.filtered { !isTest[$0] }
        test = all.filtered { isTest[$0] }
    }

    private static func standardized(_ data: ActivityData, _ isTest: [Bool]) -> ActivityRows {
        let count = data.componentCount
        let width = count + 2
        let trainingCount = Double(isTest.count { !$0 })
        var values = Array(repeating: 1.0, count: isTest.count * width)
        for component in 0..<count {
            func mean(_ term: (Double) -> Double) -> Double {
                isTest.indices.reduce(0.0) {
                    isTest[$1] ? $0 : $0 + term(data.components[$1 * count + component])
                } / trainingCount
            }
            let center = mean { $0 }
            let deviation = max(leastDeviation, mean { ($0 - center) * ($0 - center) }.squareRoot())
            for row in isTest.indices {
                values[row * width + 1 + component] = (data.components[row * count + component] - center) / deviation
            }
        }
        for row in isTest.indices { values[row * width + count + 1] = data.responses[row] }
        return ActivityRows(layout: data.layout, featureCount: count + 1, values: values)
    }

    /// The fold of each training row: of every person's rows a random fifth, but for what does not divide.
    func folds(count: Int) -> [Int] {
        let stream = RandomStream(seed: seed, purpose: .folds, replication: UInt32(truncatingIfNeeded: number))
        let layout = training.layout
        var folds = Array(repeating: 0, count: layout.rowCount)
        for task in 0..<layout.taskCount {
            let order = stream.permutation(of: layout.sampleCount(of: task), task: task)
            for (position, place) in order.enumerated() { folds[layout.offsets[task] + place] = position % count }
        }
        return folds
    }
}

extension RandomStream {
    /// `0 ..< count` in a random order: that of as many random words.
    fileprivate func permutation(of count: Int, task: Int) -> [Int] {
        let keys = (0..<count).map { position -> UInt64 in
            let words = words(task: task, position: position)
            return UInt64(words[0]) << 32 | UInt64(words[1])
        }
        return (0..<count).sorted { (keys[$0], $0) < (keys[$1], $1) }
    }
}
