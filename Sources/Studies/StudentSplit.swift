import Compute
import Tables

/// Every country's rows cut at random: a twentieth for training, a twentieth for validation, and the rest for the test.
///
/// A country's part is drawn again where its training rows, or those of the test, do not determine its coefficients: as
/// where none of them misses a value of which few rows in the country do.
struct StudentSplit {
    private(set) var training: TaskMoments
    private(set) var validation: TaskMoments
    private(set) var test: TaskMoments
    /// How many draws were set aside.
    private(set) var redrawnCount = 0

    /// Rows of which so many draws determine nothing are not drawn from any longer.
    private static var mostDraws: Int { 1000 }

    /// - Parameters:
    ///   - total: the moments of all rows.
    ///   - number: of the split; each has its own random numbers.
    /// - Throws: ``TableError/Kind/data`` where no draw of a country's rows determines its coefficients.
    init(_ data: StudentData, total: TaskMoments, seed: UInt64, number: Int) throws(TableError) {
        training = TaskMoments(taskCount: total.taskCount, featureCount: total.featureCount)
        validation = training
        test = training
        let stream = RandomStream(seed: seed, purpose: .bootstrap, replication: UInt32(truncatingIfNeeded: number))
        for country in data.countries.indices {
            var draws = DrawSequence(stream, task: UInt32(truncatingIfNeeded: country))
            var drawCount = 0
            while !draw(country, of: data, total, &draws) {
                drawCount += 1
                guard drawCount < Self.mostDraws else {
                    throw TableError(
                        .data,
                        "country '\(data.countries[country])': of \(counted(drawCount)) random twentieths of its rows none "
                            + "determines \(data.features.count) coefficients")
                }
            }
            redrawnCount += drawCount
        }
    }

    /// Draws a country's parts. Returns whether they determine its coefficients.
    private mutating func draw(
        _ country: Int, of data: StudentData, _ total: TaskMoments, _ draws: inout DrawSequence
    ) -> Bool {
        let count = data.layout.sampleCount(of: country)
        let size = (count + StudentData.partCount / 2) / StudentData.partCount
        let empty = TaskMoments(taskCount: 1, featureCount: total.featureCount)
        var (own, heldOut, all) = (empty, empty, empty)
        for (position, place) in draws.subset(2 * size, of: count).enumerated() {
            if position < size {
                data.add(place, of: country, to: &own, 0)
            } else {
                data.add(place, of: country, to: &heldOut, 0)
            }
        }
        all.replace(0, with: total, country)
        let rest = all.without(own, heldOut)
        guard own.determine(0), rest.determine(0) else { return false }
        training.replace(country, with: own, 0)
        validation.replace(country, with: heldOut, 0)
        test.replace(country, with: rest, 0)
        return true
    }
}
