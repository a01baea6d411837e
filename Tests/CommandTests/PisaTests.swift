import Foundation
import Testing

@Suite("the PISA table, Slow", .enabled("KINDRED_DATA is not set") { Sample.pisa != nil })
struct SlowPisaTests {
    private func fit(_ formula: String, device: String) throws -> (model: [String: Any], errors: String) {
        let folder = try Folder()
        let outcome = try Program.run(
            [
                "fit", try #require(Sample.pisa), "--task", "country", "--device", device, "--vcov",
                "cluster:school_id", "-o", "math.json", "--formula", formula,
            ], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        let model = try JSONSerialization.jsonObject(with: folder.data("math.json")) as? [String: Any]
        return (try #require(model), outcome.errors)
    }

    @Test("fits a country each, with factors and missing values, in one command", arguments: Devices.all)
    func countries(device: String) throws {
        let (model, errors) = try fit("math ~ escs + gender + book + computer", device: device)
        #expect(errors.contains("167,156 rows, "))
        #expect(errors.contains(" dropped for missing values ("))
        #expect(errors.contains("15 tasks: 15 ok\n"))

        let summary = try #require(model["summary"] as? [String: Any])
        let dropped = try #require(summary["dropped_rows"] as? Int)
        #expect(dropped > 0)
        let countries = try #require(model["tasks"] as? [[String: Any]])
        #expect(countries.count == 15)
        #expect(countries.compactMap { $0["n"] as? Int }.reduce(0, +) == 167_156 - dropped)
        #expect(countries.allSatisfy { $0["status"] as? String == "ok" })

        // Pupils of richer homes do better in every country.
        let terms = try #require(model["terms"] as? [String])
        #expect(terms.contains("gendermale"))
        let slope = try #require(terms.firstIndex(of: "escs"))
        for country in countries {
            let coefficients = try #require(country["coefficients"] as? [Double])
            #expect(coefficients[slope] > 0)
        }
    }

    @Test("names the category with a comma that some countries do not have")
    func quotedComma() throws {
        let (model, errors) = try fit("math ~ escs + mother_educ", device: "cpu")
        #expect(try #require(model["terms"] as? [String]).contains("mother_educISCED 3B, C"))
        #expect(errors.contains("15 tasks: 12 ok, 3 collinear (mother_educISCED 3B, C in 'CAN' and 2 others)\n"))
    }
}
