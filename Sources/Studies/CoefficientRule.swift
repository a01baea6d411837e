/// The true coefficients of the tasks of a study, and what they differ by.
enum CoefficientRule: Sendable {
    /// `center` plus, for each task, a point of the sphere of radius `spread`, all as likely: vanilla ARMUL's tasks; with
    /// a spread of 0 all tasks share their coefficients.
    case sphere(center: Center, spread: Double)
    /// `center` with `differences` coordinates of each task, drawn without replacement, replaced by normals that are
    /// brought to the length of those they replace: MOLAR's tasks (Huang et al. 2024, Section 4.1).
    case sparse(center: Center, differences: Int)
    /// Task `j` has centre `radius e_k` with `k = j mod clusters`, plus a point of the sphere of radius `spread`:
    /// clustered ARMUL's tasks.
    case clusters(count: Int, radius: Double, spread: Double)
    /// `(z, 0)` with `rank` normals `z`, of length `norm` where that is given, plus a point of the sphere of radius
    /// `spread`: low-rank ARMUL's tasks.
    case lowRank(rank: Int, norm: Double?, spread: Double)
    /// Hard tasks, a share of all, around `distance (1, ..., 1)` and easy ones around 0, with normal differences of these
    /// variances a coordinate, and features whose variances are multiplied by the group's curvature: the mixed linear
    /// regression of Collins, Mokhtari and Shakkottai (2022).
    case twoGroups(TwoGroups)

    struct TwoGroups: Sendable {
        var hardShare: Double
        var distance: Double
        var hardVariance: Double
        var easyVariance: Double
        var hardCurvature: Double
        var easyCurvature: Double
    }

    /// What tasks share.
    enum Center: Sendable {
        /// Uniform on the sphere of this radius, drawn once for each replication.
        case sphere(Double)
        /// This multiple of the first unit vector.
        case axis(Double)
    }

    private enum Structure: String, CaseIterable {
        case shared, sphere, sparse, clusters
        case lowRank = "low-rank"
        case twoGroups = "two-groups"
    }

    private enum CenterName: String, CaseIterable {
        case sphere, axis
    }

    init(_ fields: inout StudyFields, features: Int) throws(StudyError) {
        let structure: Structure = try fields.choice("structure")
        switch structure {
        case .shared:
            self = .sphere(center: try Self.center(&fields), spread: 0)
        case .sphere:
            self = .sphere(center: try Self.center(&fields), spread: try fields.number("spread", in: .atLeastZero))
        case .sparse:
            let center = try Self.center(&fields)
            self = .sparse(center: center, differences: try Self.differences(&fields, features: features))
        case .clusters:
            self = .clusters(
                count: try fields.integer("clusters", in: 1...features),
                radius: try fields.number("radius", in: .atLeastZero, fallback: 2),
                spread: try fields.number("spread", in: .atLeastZero, fallback: 0))
        case .lowRank:
            let rank = try fields.integer("rank", in: 1...features)
            let norm = try fields.number("norm", in: .atLeastZero, fallback: 0)
            self = .lowRank(
                rank: rank, norm: norm > 0 ? norm : nil,
                spread: try fields.number("spread", in: .atLeastZero, fallback: 0))
        case .twoGroups:
            self = .twoGroups(
                TwoGroups(
                    hardShare: try fields.number("hard-share", in: .share, fallback: 0.5),
                    distance: try fields.number("distance", in: .finite),
                    hardVariance: try fields.number("hard-variance", in: .atLeastZero),
                    easyVariance: try fields.number("easy-variance", in: .atLeastZero),
                    hardCurvature: try fields.number("hard-curvature", in: .positive),
                    easyCurvature: try fields.number("easy-curvature", in: .positive, fallback: 1)))
        }
        try fields.finish()
    }

    /// A number of coordinates, or a share of all.
    private static func differences(_ fields: inout StudyFields, features: Int) throws(StudyError) -> Int {
        guard let share = fields.take("differing-share") else {
            return try fields.integer("differences", in: 0...features)
        }
        if fields.take("differences") != nil {
            throw fields.error(share.line, "'differing-share' and 'differences' both say how many coordinates differ")
        }
        return Int((try fields.number(share, "differing-share", in: .share) * Double(features)).rounded())
    }

    private static func center(_ fields: inout StudyFields) throws(StudyError) -> Center {
        let name: CenterName = try fields.choice("center", fallback: .sphere)
        let radius = try fields.number("radius", in: .atLeastZero, fallback: 1)
        return name == .sphere ? .sphere(radius) : .axis(radius)
    }

    /// What tasks share, drawn from the replication's own sequence.
    func center(features: Int, _ draws: inout DrawSequence) -> [Double] {
        switch self {
        case .sphere(let center, _), .sparse(let center, _):
            if case .sphere(let radius) = center { return draws.pointOnSphere(features, radius: radius) }
            guard case .axis(let radius) = center else { return [] }
            return axis(0, radius, features)
        case .clusters, .lowRank, .twoGroups: return Array(repeating: 0, count: features)
        }
    }

    /// The coefficients of a task, drawn from its own sequence.
    func draw(task: Int, center: [Double], _ draws: inout DrawSequence) -> [Double] {
        let features = center.count
        switch self {
        case .sphere(_, let spread): return added(center, draws.pointOnSphere(features, radius: spread))
        case .sparse(_, let differences):
            var coefficients = center
            let places = draws.subset(differences, of: features)
            let values = places.map { _ in draws.normal() }
            let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let replaced = places.reduce(0) { $0 + center[$1] * center[$1] }.squareRoot()
            for (place, value) in zip(places, values) { coefficients[place] = value * replaced / length }
            return coefficients
        case .clusters(let count, let radius, let spread):
            return added(axis(task % count, radius, features), draws.pointOnSphere(features, radius: spread))
        case .lowRank(let rank, let norm, let spread):
            var scores = (0..<rank).map { _ in draws.normal() }
            if let norm {
                let length = scores.reduce(0) { $0 + $1 * $1 }.squareRoot()
                for index in scores.indices { scores[index] *= norm / length }
            }
            return added(
                scores + Array(repeating: 0, count: features - rank), draws.pointOnSphere(features, radius: spread))
        case .twoGroups(let groups):
            let isHard = isHard(task: task, groups)
            let deviation = (isHard ? groups.hardVariance : groups.easyVariance).squareRoot()
            return (0..<features).map { _ in (isHard ? groups.distance : 0) + deviation * draws.normal() }
        }
    }

    /// What the variances of a task's features are multiplied by.
    func curvature(task: Int) -> Double {
        guard case .twoGroups(let groups) = self else { return 1 }
        return isHard(task: task, groups) ? groups.hardCurvature : groups.easyCurvature
    }

    /// The first of every so many tasks are hard, so that shares are exact whatever the number of tasks.
    private func isHard(task: Int, _ groups: TwoGroups) -> Bool {
        let share = groups.hardShare
        return (Double(task + 1) * share).rounded(.down) > (Double(task) * share).rounded(.down)
    }
}

private func axis(_ index: Int, _ length: Double, _ features: Int) -> [Double] {
    var vector = Array(repeating: 0.0, count: features)
    vector[index] = length
    return vector
}

private func added(_ first: [Double], _ second: [Double]) -> [Double] { zip(first, second).map { $0 + $1 } }
