import Compute
import Methods
import Tables

/// How tasks' coefficients differ from what tasks share, as a fit's files and summary say it.
struct DifferenceResult {
    private let differences: CenterDifferences
    private let pValues: [Double]
    let falseDiscoveryRates: [Double]
    let intervals: SharedIntervals
    private let parallel: Parallel

    /// The rate of false discoveries that the summary goes by.
    private static let rate = 0.05

    init(_ differences: CenterDifferences, level: Double, _ kind: IntervalName, parallel: Parallel) {
        self.differences = differences
        self.parallel = parallel
        pValues = DifferenceTest(differences, parallel: parallel).pValues(parallel: parallel)
        falseDiscoveryRates = FalseDiscovery.adjusted(pValues)
        intervals = SharedIntervals(differences, level: level, halfWidth: kind.halfWidth, parallel: parallel)
    }

    // MARK: Tidy

    /// What the coefficient's interval is, beside the estimate that the method has for it.
    func estimate(_ estimate: Double, standardError: Double, task: Int, term: Int) -> TidyEstimate {
        let interval = intervals.interval(task: task, feature: term)
        return TidyEstimate(
            estimate: estimate, standardError: standardError, confidenceLow: interval.low,
            confidenceHigh: interval.high)
    }

    /// Further columns of the tidy table.
    var columns: TidyColumns {
        TidyColumns(
            names: ["own_estimate", "own_std_error", "center", "differs", "differ_p", "differ_q", "conf_of"]
        ) { task, term, text in
            let place = task * differences.featureCount + term
            for number in [
                differences.ownCoefficients[place], differences.ownStandardErrors[place], differences.center[term],
            ] {
                text.append(",")
                text.append(number)
            }
            text.append(differences.differs(task: task, feature: term).map { $0 ? ",true" : ",false" } ?? ",")
            for number in [pValues[place], falseDiscoveryRates[place]] {
                text.append(",")
                text.append(number)
            }
            let hasInterval = !differences.ownCoefficients[place].isNaN
            let isShared = intervals.interval(task: task, feature: term).isShared
            text.append(!hasInterval ? "," : isShared ? ",center" : ",own")
        }
    }

    /// What a table of intervals begins with, where they rest on more than the rows.
    var heading: [String] {
        guard intervals.halfWidth != nil else { return [] }
        let (coverage, miss) = (shortNumber(100 * intervals.level), shortNumber(100 - 100 * intervals.level))
        return [
            "conf_low to conf_high: where conf_of is center the interval of the centre, else of the task's own estimate",
            "they promise \(coverage) % coverage of each coefficient by itself, if it is the shared one or far from it",
            "they promise nothing for one that differs by less than about three gates of \(gateText) standard errors: it may "
                + "be missed far more often than in \(miss) % of cases",
            "differ_p tests whether the coefficient is the shared one; differ_q is the rate of false discoveries at which "
                + "it is one (Benjamini-Hochberg over all tasks and terms)",
        ]
    }

    private var gateText: String { shortNumber(intervals.typicalGate) }

    // MARK: Arrays

    /// Numbers that go beside the coefficients in a model's file.
    var arrays: [ModelFile.TaskArray] {
        let width = differences.featureCount
        func values(_ value: (_ task: Int, _ term: Int) -> Double) -> [Double] {
            parallel.map(pValues.count, grain: 1 << 14) { value($0 / width, $0 % width) }
        }
        return [
            .init("own_coefficients", differences.ownCoefficients),
            .init("own_std_errors", differences.ownStandardErrors),
            .init("differs", values { differences.differs(task: $0, feature: $1).map { $0 ? 1 : 0 } ?? .nan }),
            .init("differ_p", pValues), .init("differ_q", falseDiscoveryRates),
            .init("conf_low", values { intervals.interval(task: $0, feature: $1).low }),
            .init("conf_high", values { intervals.interval(task: $0, feature: $1).high }),
            .init(
                "conf_of_center",
                values { task, term in
                    let interval = intervals.interval(task: task, feature: term)
                    return interval.low.isNaN ? .nan : interval.isShared ? 1 : 0
                }),
        ]
    }

    // MARK: Summary

    /// Why terms have no interval of the centre though most tasks pass the gate.
    private var loneReason: String {
        let (degrees, least) = (intervals.typicalDegreesOfFreedom, SharedIntervals.leastDegreesOfFreedom)
        if intervals.halfWidth == .normal, degrees < least {
            return "normal ones need tasks of \(shortNumber(least)) degrees of freedom, and half of these have "
                + "\(shortNumber(degrees)) or fewer; quantile needs no more"
        }
        return "too few tasks to bound their median; about 30 are enough"
    }

    var summaryLines: [String] {
        let tested = pValues.count { !$0.isNaN }
        guard tested > 0 else { return [] }
        let found = falseDiscoveryRates.count { $0 <= Self.rate }
        var lines = [
            "\(counted(found)) of \(counted(tested, "coefficient")) differ from the centre's at a rate of false discoveries of "
                + "\(shortNumber(100 * Self.rate)) %"
        ]
        if intervals.halfWidth != nil {
            let usable = intervals.halfWidths.count { !$0.isNaN }
            let compared = intervals.failingShares.count { !$0.isNaN }
            let crowded = zip(intervals.failingShares, intervals.halfWidths).count {
                $1.isNaN && $0 > SharedIntervals.mostFailing
            }
            let lone = compared - usable - crowded
            lines.append(
                "intervals of the centre for \(counted(usable)) of \(counted(compared, "term")); "
                    + "they may miss coefficients that differ by less than about three gates of \(gateText) standard errors"
            )
            if crowded > 0 {
                lines.append(
                    "\(counted(crowded, "term")) with own intervals alone: more than "
                        + "\(shortNumber(100 * SharedIntervals.mostFailing)) % of the tasks are beyond the gate")
            }
            if lone > 0 {
                lines.append("\(counted(lone, "term")) with own intervals alone: \(loneReason)")
            }
        }
        return lines
    }
}
