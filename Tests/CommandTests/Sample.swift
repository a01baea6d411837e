import Foundation

/// Files of the repository that tests read.
enum Sample {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let planes = root.appendingPathComponent("Tests/Fixtures/planes.csv").path
    static let statsmodels = root.appendingPathComponent("Tests/Fixtures/statsmodels.csv").path
    static let flights = root.appendingPathComponent("Examples/flights/flights.csv.gz").path

    static let activities = root.appendingPathComponent("Tests/Fixtures/npz/activities.npz").path

    static let students = root.appendingPathComponent("Tests/Fixtures/students.csv").path

    static let formula = "arr_delay ~ dep_delay + distance + hour"
    static let factorFormula = "arr_delay ~ dep_delay + origin + dep_delay:origin"

    /// The real table of students, where there is one.
    static let pisa = ProcessInfo.processInfo.environment["KINDRED_DATA"].map { "\($0)/pisa2003_top15.csv.gz" }
    /// The real rows of activities, where there are any.
    static let activityFile = ProcessInfo.processInfo.environment["KINDRED_DATA"].map { "\($0)/har265.npz" }
}
