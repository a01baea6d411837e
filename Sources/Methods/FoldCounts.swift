import Compute

/// How many observations each task has in each fold, and the sum of their weights.
///
/// Concrete code: the same loops over tasks inside a generic type look its types up at every step.
struct FoldCounts: Sendable {
    let foldCount: Int
    /// `taskCount x foldCount`.
    private(set) var observations: [Int]
    /// Of the same shape; the number of observations where rows have no weights.
    private(set) var weights: [Double]

    init(taskCount: Int, foldCount: Int) {
        self.foldCount = foldCount
        observations = Array(repeating: 0, count: taskCount * foldCount)
        weights = Array(repeating: 0, count: taskCount * foldCount)
    }

    var taskCount: Int { observations.count / foldCount }

    /// Forgets what some tasks have.
    mutating func clear(_ tasks: Range<Int>) {
        for place in tasks.lowerBound * foldCount..<tasks.upperBound * foldCount {
            observations[place] = 0
            weights[place] = 0
        }
    }

    /// Adds a row block's.
    mutating func add(observations count: Int, weight: Double, task: Int, fold: Int) {
        observations[task * foldCount + fold] += count
        weights[task * foldCount + fold] += weight
    }

    /// Puts in the counts of tasks whose moments are drawn, in one fold or their own.
    mutating func set(rowCounts: [Int], of drawn: some DrawnMoments) {
        for task in 0..<taskCount {
            for fold in 0..<foldCount {
                let count = foldCount == 1 ? rowCounts[task] : drawn.rowCount(of: task, fold: fold)
                observations[task * foldCount + fold] = count
                weights[task * foldCount + fold] = Double(count)
            }
        }
    }

    /// Those of all folds, or of all but one: one a task.
    func totals(without fold: Int? = nil) -> (observations: [Int], weights: [Double]) {
        if foldCount == 1, fold == nil { return (observations, weights) }
        var totals = (observations: [Int](), weights: [Double]())
        totals.observations.reserveCapacity(taskCount)
        totals.weights.reserveCapacity(taskCount)
        for first in stride(from: 0, to: observations.count, by: foldCount) {
            var (count, weight) = (0, 0.0)
            for place in first..<first + foldCount {
                count += observations[place]
                weight += weights[place]
            }
            if let fold {
                count -= observations[first + fold]
                weight -= weights[first + fold]
            }
            totals.observations.append(count)
            totals.weights.append(weight)
        }
        return totals
    }
}
