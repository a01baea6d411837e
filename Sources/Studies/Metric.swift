/// A number that says how near the estimates of one method in one replication are to the truth.
struct Metric: Sendable, Equatable {
    enum Kind: String, CaseIterable, Sendable {
        /// The mean over tasks of the distance of a task's coefficients from the true ones: the sum of the absolute
        /// differences, or the root of the sum of their squares.
        case meanL1 = "mean-l1"
        case meanL2 = "mean-l2"
        /// The largest such distance.
        case maxL1 = "max-l1"
        case maxL2 = "max-l2"
        /// The mean over tasks of the mean squared error of predictions on new rows, less that of the truth:
        /// `(b - beta)' Sigma (b - beta)`.
        case prediction
        /// The share of the 95 % intervals that hold the true coefficient, and their mean length.
        case coverage
        case length
        /// The share of tasks that the method has no coefficients for.
        case missing
    }

    /// Which tasks it covers.
    enum Tasks: String, CaseIterable, Sendable {
        case all, inliers, outliers
    }

    let kind: Kind
    let tasks: Tasks

    /// `max-l2`, or `max-l2:inliers` for the tasks that are not outliers.
    init?(_ name: String) {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
        guard let tasks = parts.count == 1 ? .all : Tasks(rawValue: String(parts[1])) else { return nil }
        self.kind = kind
        self.tasks = tasks
    }

    var name: String { tasks == .all ? kind.rawValue : "\(kind.rawValue):\(tasks.rawValue)" }
}
