import Compute
import Foundation
import Studies
import Tables

/// `Tests/Fixtures/students.csv`, and what NumPy finds of it.
struct StudentFixture: Decodable {
    let countries: [String]
    let features: [String]
    /// Columns that are coded, that vary in every country, and that are kept.
    let counts: [Int]
    /// Of each country's coefficients from the median.
    let differences: [[Double]]
    let large: [[Bool]]
    let deviations: [Double]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    static func expected() throws -> StudentFixture {
        try JSONDecoder().decode(
            StudentFixture.self, from: Data(contentsOf: folder.appending(path: "students.json")))
    }

    static func data(threads: Int = 2) throws -> StudentData {
        let parallel = Parallel(threadCount: threads)
        let store = try StudentData.read(folder.appending(path: "students.csv").path, parallel: parallel) { _, _ in true
        }
        return try StudentData(store, parallel: parallel)
    }
}
