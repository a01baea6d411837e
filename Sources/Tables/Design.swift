public import Compute

/// A formula compiled against a store: what each column of the design matrix is, and how its rows are written.
///
/// Columns are named as R names them: `(Intercept)`, `x`, `log(x)`, `genderfemale`, `x:genderfemale`. Factors are coded
/// by treatment contrasts with their first level as base, and in full where their margin is absent from the model.
/// Where R's own rule leaves `0 + x + x:g` a column too many, the design is coded with full rank; and columns that R
/// drops as aliased once it has fitted, as the last of `a:b` beside an intercept, are left out.
///
/// Estimators get weights times the power of two that brings the mean of the positive ones into [1, 2), so that single
/// precision carries them and their squares: neither coefficients nor variances depend on the scale of weights.
public struct Design: Sendable {
    public let formula: Formula
    /// The names of the features, in order.
    public let termNames: [String]
    /// The levels of each factor that the terms use, by variable as the terms name it: `gender`, `C(year)`.
    public let levels: [String: [String]]
    /// The number of rows with a positive weight of each task, or nil without weights.
    public var positiveWeightCounts: [Int]? { weights?.positiveCounts }
    /// The names of the response's classes, in the order of their numbers; nothing where it has none.
    public var classes: [String] { plan.classes }
    /// Rows that no prediction can be made for, because they hold a label that the model has no level for.
    public let unknownLevelRowCount: Int
    let plan: DesignPlan
    let store: ColumnStore
    let weights: DesignWeights?

    /// The design of a fit: features and response, and weights if their column is named.
    ///
    /// Rows of weight 0 stay in the store; they count as no observation.
    ///
    /// - Parameter response: what the response is; one of classes is coded by their numbers.
    /// - Throws: ``TableError`` of kind `data`: no such column, a factor of one level, labels where numbers are
    ///   needed, a response that is not of its kind, a negative or non-finite weight, no positive weight.
    public init(
        formula: Formula, store: ColumnStore, weights: String?, response: ResponseKind = .numbers
    ) throws(TableError) {
        let plan = try DesignPlan(formula, store: store, levels: nil, response: response)
            .coding(response, formula, store: store)
        var scan: DesignWeights?
        if let weights { scan = try positiveWeights(of: weights, store: store) }
        self.init(formula: formula, plan: plan, store: store, weights: scan, unknownLevelRowCount: 0)
    }

    /// The design of a model over further rows: features coded with the model's levels, to predict or to fit.
    ///
    /// - Parameters:
    ///   - levels: the model's ``levels``. A row with another label gets NaN features.
    ///   - weights: the column of weights, where there is one.
    ///   - response: what the response is, where rows hold it too. One of classes is a column of labels.
    ///   - classes: the names of the model's classes, in the order of their numbers. A label that is none is NaN.
    /// - Throws: ``TableError`` of kind `data`: no such column, or one that holds labels where the model has numbers
    ///   or numbers where it has labels.
    public init(
        formula: Formula, levels: [String: [String]], store: ColumnStore, weights: String? = nil,
        response: ResponseKind? = nil, classes: [String] = []
    ) throws(TableError) {
        var plan = try DesignPlan(formula, store: store, levels: levels, response: response)
        if response != nil, !classes.isEmpty { plan = plan.coding(classes: classes, formula, store: store) }
        var scan: DesignWeights?
        if let weights { scan = try positiveWeights(of: weights, store: store) }
        self.init(
            formula: formula, plan: plan, store: store, weights: scan,
            unknownLevelRowCount: try countUnknownLevels(of: plan, store: store))
    }

    private init(
        formula: Formula, plan: DesignPlan, store: ColumnStore, weights: DesignWeights?,
        unknownLevelRowCount: Int
    ) {
        self.formula = formula
        self.plan = plan
        self.store = store
        self.weights = weights
        self.unknownLevelRowCount = unknownLevelRowCount
        termNames = plan.features.map(\.name)
        levels = Dictionary(uniqueKeysWithValues: plan.factors.map { ($0.variable, $0.levels) })
    }

    /// The place of the column that is 1 in every row, if there is one.
    public var intercept: Int? { formula.hasIntercept ? 0 : nil }
    public var featureCount: Int { plan.features.count }
    public var layout: TaskLayout { store.layout }
    /// Whether rows hold the response.
    public var hasResponse: Bool { plan.hasResponse }
    public var isWeighted: Bool { weights != nil }
    /// What weights are multiplied by.
    public var weightScale: Double { weights?.scale ?? 1 }

    /// The rows as a pass reads them, each column less its shift and divided by its scale.
    ///
    /// - Parameter parallel: the threads that expand the rows of a chunk.
    public func source<Scalar: LaneScalar>(
        _: Scalar.Type, scaling: ColumnScaling, parallel: Parallel
    ) -> DesignSource<Scalar> {
        DesignSource(self, scaling: scaling, parallel: parallel)
    }
}
