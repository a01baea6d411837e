/// A figure of a paper: the studies that make it, and what is known of their values.
public struct PublishedExperiment: Sendable {
    /// How users call it: `molar`, `fig2`.
    public let paper: String
    public let figure: String
    /// What is compared with what, in one sentence.
    public let summary: String
    /// The studies behind it, one or several.
    public let parts: [Part]
    let agreement: Agreement
    /// What the paper says of its methods' order.
    var orders: [Order] = []
    /// Replications for a first look.
    public let quickReplications: Int

    /// A study, with what is known of its values.
    public struct Part: Sendable {
        /// The folder's name, where there are several: `low-rank`.
        public let name: String
        /// The study, as a user may read and change it.
        public let text: String
        /// Values that others have found.
        let targets: [Target]
        /// Seconds that a processor takes with the authors' programs for one data set, where that was measured.
        public var authorsSeconds: Double?
    }

    /// A value of one method in one cell.
    struct Target: Sendable {
        /// What the cell has of some factors.
        let setting: [String: String]
        let method: String
        /// By its place among the study's.
        var metric = 0
        let value: Double
        /// How many replications it is the mean of, where that is known.
        var replications: Int?
        /// What single replications deviate by at least: a few of them may by chance be near each other.
        var deviation = 0.0
        /// What the paper's own figure shows there, where that is another value.
        var published: Double?
    }

    /// When a value agrees with a target.
    enum Agreement: Sendable {
        /// When it is within this share of it, or within three of its own standard errors.
        case share(Double)
        /// When it is within so many standard errors of the difference, the target's deviation taken for the same.
        case standardErrors(Double)
    }

    public static var all: [PublishedExperiment] {
        [.molarFigure2, .molarFigure3, .molarFigure7, .molarFigure8, .molarFigure9, .armulFigure1, .armulFigure2]
    }

    public static func find(paper: String, figure: String) -> PublishedExperiment? {
        all.first { $0.paper == paper && $0.figure == figure }
    }

    /// What agreement is, in words.
    public var agreementText: String {
        switch agreement {
        case .share(let share): "within \(Int((100 * share).rounded())) % of what is known, or 3 standard errors"
        case .standardErrors(let count): "within \(Int(count)) standard errors of what is known"
        }
    }
}

/// A row of the table that sets a reproduction beside what is known.
public struct ReproducedValue: Sendable {
    public enum Verdict: Sendable, Equatable {
        case withinError
        /// The method has no value in any replication.
        case missing
        /// A smaller error than others have found, by this share.
        case better(Double)
        case differs(Double)
    }

    /// What the cell has of each factor.
    public let setting: [String]
    public let method: String
    public let metric: String
    public let value: Double
    /// The Monte-Carlo standard error; NaN for one replication.
    public let standardError: Double
    /// What others have found.
    public let target: Double
    /// The difference from it in standard errors of the difference; NaN where they are not known.
    public let distance: Double
    /// What the paper's own figure shows, where that is another value.
    public let published: Double?
    public let verdict: Verdict
}

extension PublishedExperiment {
    /// The values that are known of a part, with those of its study's folder.
    public func compare(_ part: Part, _ study: Study, in folder: StudyFolder) throws -> [ReproducedValue] {
        let moments = try folder.moments(of: study)
        var values: [ReproducedValue] = []
        for target in part.targets {
            let cell = study.cells.first { cell in
                target.setting.allSatisfy { name, value in
                    zip(study.factorNames, cell.factorValues).contains { $0 == name && $1 == value }
                }
            }
            guard let cell, let method = cell.methods.firstIndex(where: { $0.label == target.method }) else {
                preconditionFailure("\(study.name) has no \(target.method) in the cell of a value that is known")
            }
            let own = moments[cell.index][method * study.metrics.count + target.metric]
            let distance = target.distance(of: own)
            values.append(
                ReproducedValue(
                    setting: cell.factorValues, method: target.method, metric: study.metricNames[target.metric],
                    value: own.mean, standardError: own.standardError, target: target.value, distance: distance,
                    published: target.published, verdict: verdict(own, target, distance)))
        }
        return values
    }

    private func verdict(_ own: RunningMoments, _ target: Target, _ distance: Double) -> ReproducedValue.Verdict {
        guard own.mean.isFinite else { return .missing }
        let difference = own.mean - target.value
        let agrees: Bool
        switch agreement {
        case .share(let share):
            let chance = own.standardError.isFinite ? 3 * own.standardError : 0
            agrees = abs(difference) <= max(share * target.value, chance)
        case .standardErrors(let count): agrees = abs(distance) <= count
        }
        if agrees { return .withinError }
        return difference < 0 ? .better(-difference / target.value) : .differs(difference / target.value)
    }
}

extension PublishedExperiment.Target {
    /// `(ours - target) / sqrt(s^2 / R_ours + s^2 / R_target)`, with the deviation `s` of ours.
    fileprivate func distance(of own: RunningMoments) -> Double {
        guard let replications else { return .nan }
        let error = max(own.deviation, deviation) * (1 / Double(own.count) + 1 / Double(replications)).squareRoot()
        return (own.mean - value) / error
    }
}
