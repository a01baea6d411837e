import Foundation

/// The complete rows of the flights sample: what the fits of the example are judged by.
struct Flights {
    /// Mean and standard deviation over all rows of the intercept's column and the three features.
    let means: [Double]
    let deviations: [Double]
    /// The condition number of each plane's columns, standardised by these, by tail number.
    let conditions: [String: Double]

    static let features = ["dep_delay", "distance", "hour"]
    static let terms = ["(Intercept)"] + features

    static let sample: Flights? = try? Flights()

    private init() throws {
        let folder = try Folder()
        let unpacked = folder.path("flights.csv")
        let gzip = try Child(
            program: "/bin/gzip", ["-dc", Sample.flights], in: folder, environment: [:], input: "/dev/null",
            output: unpacked, errors: "/dev/null")
        guard gzip.wait() == 0 else { throw CocoaError(.fileReadCorruptFile) }
        let table = try Lines(path: unpacked)
        let planes = table.texts("tailnum")
        let columns = Self.features.map { table.numbers($0) }
        let response = table.numbers("arr_delay")
        let rows = table.rows.indices.filter { row in
            !planes[row].isEmpty && !response[row].isNaN && columns.allSatisfy { !$0[row].isNaN }
        }
        let count = Double(rows.count)
        let means = columns.map { column in rows.reduce(0) { $0 + column[$1] } / count }
        let deviations = zip(columns, means).map { column, mean in
            (rows.reduce(0) { $0 + (column[$1] - mean) * (column[$1] - mean) } / count).squareRoot()
        }
        let order = Self.terms.count
        let empty = Array(repeating: Array(repeating: 0.0, count: order), count: order)
        var grams: [String: [[Double]]] = [:]
        for row in rows {
            let x = [1] + columns.indices.map { (columns[$0][row] - means[$0]) / deviations[$0] }
            for i in 0..<order {
                for j in 0..<order { grams[planes[row], default: empty][i][j] += x[i] * x[j] }
            }
        }
        conditions = grams.mapValues { gram in
            let values = eigenvalues(of: gram)
            guard let least = values.first, let most = values.last, least > 0 else { return .infinity }
            return (most / least).squareRoot()
        }
        self.means = [0] + means
        self.deviations = [1] + deviations
    }

    /// Coefficients of the raw columns as those of the standardised ones.
    func standardised(_ coefficients: [Double]) -> [Double] {
        coefficients.indices.map { term in
            // The mean of the intercept's column counts as 0: the first term adds what shifting the others takes away.
            term == 0
                ? coefficients[0] + zip(coefficients, means).reduce(0) { $0 + $1.0 * $1.1 }
                : coefficients[term] * deviations[term]
        }
    }
}
