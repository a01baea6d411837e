import Methods

/// A method of a study, with its options.
struct StudyMethod: Sendable {
    /// How results call it.
    let label: String
    let estimator: any Estimator
    /// Whether it is told the variance of errors.
    let knowsVariance: Bool
    /// The folds that it chooses its penalty by.
    let foldCount: Int?
    /// Whether each task needs more rows than features.
    let needsOwnEstimates: Bool

    private enum Name: String, CaseIterable {
        case itl, pool, average, ridge, molar, lasso, rm, ml, armul
        case clusteredMTL = "clustered-mtl"
        case lowRankMTL = "low-rank-mtl"
    }

    private enum Variance: String, CaseIterable {
        case estimated, known
    }

    private enum Weights: String, CaseIterable {
        case precision, observations, equal
    }

    init(_ fields: inout StudyFields, label: String) throws(StudyError) {
        self.label = label
        let name: Name = try fields.choice("name")
        var knowsVariance = false
        var foldCount: Int?
        switch name {
        case .itl:
            knowsVariance = try Self.knowsVariance(&fields)
            estimator = Individual()
        case .pool: estimator = Pooled()
        case .average:
            estimator = Average(weights: try Self.weights(&fields, fallback: .observations))
        case .ridge:
            let ridge = try Self.ridge(&fields)
            if case .crossValidated(let count, _) = ridge.penalty { foldCount = count }
            estimator = ridge
        case .molar:
            knowsVariance = try Self.knowsVariance(&fields)
            let weights = try Self.weights(&fields)
            estimator = MOLAR(
                shrinkage: try fields.choice("shrink", fallback: .hard),
                strength: try fields.number("strength", in: .atLeastZero, fallback: 1),
                weights: weights)
        case .lasso: estimator = Lasso(strength: try Self.strength(&fields))
        case .ml: estimator = Lasso(center: .median, strength: try Self.strength(&fields))
        case .rm:
            let share = try fields.number("trim", in: .belowHalf, fallback: 0.2)
            estimator = Lasso(center: .trimmedMean(share: share), strength: try Self.strength(&fields))
        case .armul:
            let armul = try Self.armul(&fields)
            if case .crossValidated(let grid) = armul.penalty { foldCount = grid.foldCount }
            estimator = armul
        case .lowRankMTL:
            estimator = ARMUL(
                structure: .lowRank(rank: try fields.integer("rank", in: 1...10_000)), strength: .infinity)
        case .clusteredMTL: estimator = ARMUL(structure: .clustered(try Self.clusters(&fields)), strength: .infinity)
        }
        self.knowsVariance = knowsVariance
        self.foldCount = foldCount
        needsOwnEstimates = [.itl, .average, .molar, .rm, .ml].contains(name)
        try fields.finish()
    }

    private static func weights(
        _ fields: inout StudyFields, fallback: Weights = .precision
    ) throws(StudyError) -> MOLAR.TaskWeights {
        let weights: Weights = try fields.choice("weights", fallback: fallback)
        switch weights {
        case .precision: return .precision
        case .observations: return .observations
        case .equal: return .equal
        }
    }

    private static func knowsVariance(_ fields: inout StudyFields) throws(StudyError) -> Bool {
        let variance: Variance = try fields.choice("variance", fallback: .estimated)
        return variance == .known
    }

    /// `strength = 0.5`, or the paper's.
    private static func strength(_ fields: inout StudyFields) throws(StudyError) -> Double? {
        guard let strength = fields.take("strength") else { return nil }
        return try fields.number(strength, "strength", in: .atLeastZero)
    }

    /// `strength = 0.5`, or one of `strengths`, found by cross-validation in `folds`.
    private static func armul(_ fields: inout StudyFields) throws(StudyError) -> ARMUL {
        let name: ARMULStructure = try fields.choice("structure", fallback: .vanilla)
        let structure: ARMUL.Structure
        switch name {
        case .vanilla: structure = .vanilla
        case .clustered: structure = .clustered(try clusters(&fields))
        case .lowRank: structure = .lowRank(rank: try fields.integer("rank", in: 1...10_000))
        }
        if let strength = fields.take("strength") {
            return ARMUL(
                structure: structure, strength: try fields.number(strength, "strength", in: .atLeastZero))
        }
        let folds = try fields.integer("folds", in: 2...1000, fallback: 5)
        guard let (values, line) = try fields.list("strengths", of: "numbers, as [0.5, 1, 2]") else {
            return ARMUL(structure: structure, penalty: .crossValidated(StrengthGrid(foldCount: folds)))
        }
        var strengths: [Double] = []
        for value in values { strengths.append(try fields.number(value, "strengths", in: .atLeastZero)) }
        guard !strengths.isEmpty else { throw fields.error(line, "'strengths' is empty; give it a number at least") }
        return ARMUL(
            structure: structure, penalty: .crossValidated(StrengthGrid(strengths: strengths, foldCount: folds)))
    }

    private enum ARMULStructure: String, CaseIterable {
        case vanilla, clustered
        case lowRank = "low-rank"
    }

    /// `clusters = 3`, begun `restarts` times.
    private static func clusters(_ fields: inout StudyFields) throws(StudyError) -> ClusterStructure {
        ClusterStructure(
            count: try fields.integer("clusters", in: 1...10_000),
            restartCount: try fields.integer("restarts", in: 1...1000, fallback: 10))
    }

    /// `penalty = 3.5`, or found by cross-validation in `folds`.
    private static func ridge(_ fields: inout StudyFields) throws(StudyError) -> Ridge {
        let center: Ridge.Center = try fields.choice("center", fallback: .pool)
        let folds = try fields.integer("folds", in: 2...1000, fallback: 5)
        guard let penalty = fields.take("penalty") else {
            return Ridge(center: center, penalty: .crossValidated(foldCount: folds, seed: 1))
        }
        return Ridge(center: center, penalty: .value(try fields.number(penalty, "penalty", in: .positive)))
    }
}
