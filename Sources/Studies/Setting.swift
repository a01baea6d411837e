/// How the data of one cell of a study are drawn.
struct Setting: Sendable {
    let taskCount: Int
    let featureCount: Int
    let rows: RowCounts
    let covariance: Covariance
    let coefficients: CoefficientRule
    let outliers: Outliers
    let noise: Noise

    static let mostTasks = 100_000_000
    static let mostFeatures = 4096

    /// Reads the tables `[design]`, `[coefficients]`, `[outliers]` and `[noise]` of a study.
    init(_ study: inout StudyFields) throws(StudyError) {
        guard var design = try study.fields("design") else {
            throw study.error(1, "a study needs [design]: 'tasks', 'rows' and 'features'")
        }
        taskCount = try design.integer("tasks", in: 1...Self.mostTasks)
        featureCount = try design.integer("features", in: 1...Self.mostFeatures)
        rows = try RowCounts(&design)
        covariance = try Covariance(&design)
        try design.finish()
        guard var coefficients = try study.fields("coefficients") else {
            throw study.error(1, "a study needs [coefficients]: the 'structure' of the tasks' true coefficients")
        }
        self.coefficients = try CoefficientRule(&coefficients, features: featureCount)
        if var outliers = try study.fields("outliers") {
            self.outliers = try Outliers(&outliers)
        } else {
            outliers = Outliers()
        }
        if var noise = try study.fields("noise") { self.noise = try Noise(&noise) } else { noise = Noise() }
    }
}
