/// Tasks that have nothing to do with the others: the coefficients of a share of all, drawn without replacement, are
/// replaced by points of a sphere.
struct Outliers: Sendable {
    /// At least 0 and below 1; of 30 tasks a share of 0.2 makes 6, and one that is no whole number is rounded up.
    var share: Double
    var radius: Double

    init(_ fields: inout StudyFields) throws(StudyError) {
        share = try fields.number("share", in: .share)
        radius = try fields.number("radius", in: .atLeastZero, fallback: 2)
        try fields.finish()
    }

    init() {
        share = 0
        radius = 0
    }

    /// How many of so many tasks.
    func count(of tasks: Int) -> Int { Int((share * Double(tasks) - 1e-9).rounded(.up)) }
}
