/// A figure of a paper: the study that makes it, and what is known of its values.
public struct PublishedExperiment: Sendable {
    /// How users call it: `molar`, `fig2`.
    public let paper: String
    public let figure: String
    /// What is compared with what, in one sentence.
    public let summary: String
    /// The study, as a user may read and change it.
    public let text: String
    /// Values that others have found.
    let targets: [Target]
    /// How far from a target a value may be, beside what chance explains.
    let tolerance: Double

    /// A value of one method in one cell.
    struct Target: Sendable {
        /// What the cell has of some factors.
        let setting: [String: String]
        let method: String
        let value: Double
    }

    public static var all: [PublishedExperiment] { [.molarFigure2, .molarFigure3] }

    public static func find(paper: String, figure: String) -> PublishedExperiment? {
        all.first { $0.paper == paper && $0.figure == figure }
    }
}

/// A row of the table that sets a reproduction beside what is known.
public struct ReproducedValue: Sendable {
    public enum Verdict: Sendable, Equatable {
        case withinError
        /// A smaller error than others have found, by this share.
        case better(Double)
        case differs(Double)
    }

    /// What the cell has of each factor.
    public let setting: [String]
    public let method: String
    public let value: Double
    /// The Monte-Carlo standard error; NaN for one replication.
    public let standardError: Double
    /// What others have found.
    public let target: Double
    public let verdict: Verdict
}

extension PublishedExperiment {
    /// The values that are known, with those of a study's folder.
    public func compare(_ study: Study, in folder: StudyFolder) throws -> [ReproducedValue] {
        let moments = try folder.moments(of: study)
        var values: [ReproducedValue] = []
        for target in targets {
            let cell = study.cells.first { cell in
                target.setting.allSatisfy { name, value in
                    zip(study.factorNames, cell.factorValues).contains { $0 == name && $1 == value }
                }
            }
            guard let cell, let method = cell.methods.firstIndex(where: { $0.label == target.method }) else { continue }
            let own = moments[cell.index][method * study.metrics.count]
            values.append(
                ReproducedValue(
                    setting: cell.factorValues, method: target.method, value: own.mean,
                    standardError: own.standardError,
                    target: target.value, verdict: verdict(own, target.value)))
        }
        return values
    }

    /// A value is within error where it is within the tolerance of the target, or within three of its own standard
    /// errors.
    private func verdict(_ own: RunningMoments, _ target: Double) -> ReproducedValue.Verdict {
        let difference = own.mean - target
        let chance = own.standardError.isFinite ? 3 * own.standardError : 0
        if abs(difference) <= max(tolerance * target, chance) { return .withinError }
        return difference < 0 ? .better(-difference / target) : .differs(difference / target)
    }
}
