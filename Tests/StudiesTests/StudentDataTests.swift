import CPUFallback
import Compute
import Studies
import Tables
import Testing

@Suite("students' rows, prepared")
struct StudentDataTests {
    @Test("have the features that NumPy leaves, and its differences between countries")
    func fixture() throws {
        let expected = try StudentFixture.expected()
        let data = try StudentFixture.data()
        #expect(data.countries == expected.countries)
        #expect(data.features == expected.features)
        #expect([data.columnCounts.coded, data.columnCounts.varying, data.columnCounts.kept] == expected.counts)

        let backend = CPUBackend<Double>()
        let map = try CountryMap(data, passes: PassProgress { _ in true }).run(on: backend, reference: backend)
        // Normal equations of rows whose condition is below 100.
        let tolerance = 1e4 * Double.ulpOfOne
        for (country, differences) in expected.differences.enumerated() {
            for (feature, difference) in differences.enumerated() {
                let cell = map.cell(country, feature)
                #expect(abs(cell.difference - difference) <= tolerance, "\(data.features[feature])")
                #expect(cell.isLarge == expected.large[country][feature], "\(data.features[feature])")
                #expect(cell.size == (cell.isLarge ? abs(cell.difference) : 0))
            }
            #expect(abs(map.deviations[country] - expected.deviations[country]) <= tolerance)
            #expect(map.largeCount(of: country) == expected.large[country].count { $0 })
        }
        #expect(map.largeCount == 2)
        #expect(
            map.summary == "2 of 40 differences (5.0 %) are more than 6 sqrt(v): DOR 1, ARA 1.", "\(map.summary)")
    }

    private func message(_ students: MadeStudents) -> String {
        do {
            _ = try students.data()
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("are refused where countries cannot be compared")
    func refused() {
        let plain = MadeStudents { country, row, _, _, escs in Double(country + row % 7) + escs }
        #expect(message(plain).isEmpty)

        var small = plain
        small.rowsPerCountry = 119
        // Four columns and the intercept: six rows at least of twenty parts.
        #expect(message(small).contains("country 'A' has 119 rows; 5 coefficients are fitted to a twentieth"))
        #expect(message(small).hasSuffix("which takes 120"))
        small.rowsPerCountry = 120
        #expect(message(small).isEmpty)

        var alone = plain
        alone.countries = ["A"]
        #expect(message(alone).contains("holds scores of one country; several are compared"))

        let same = MadeStudents { _, _, _, _, _ in 3 }
        #expect(message(same).contains("column 'math' holds one number alone"))

        let infinite = MadeStudents { _, row, _, _, _ in row == 5 ? .infinity : Double(row) }
        #expect(message(infinite).contains("column 'math' holds a number that is not finite"))
    }

    @Test("are refused where features determine one another without two that correlate")
    func collinear() {
        // Three of four levels, and a number that they make up with the intercept: each correlates with it by 0.58.
        var students = MadeStudents { country, row, _, _, _ in Double(row % 7 + country) }
        students.levels = ["book": ["a", "b", "c", "d"]]
        students.level = { _, row in row % 4 }
        students.escs = { row in row % 2 == 0 ? 1 : -1 }
        #expect(message(students).contains("country 'A': its rows do not determine 5 coefficients"))
    }
}
