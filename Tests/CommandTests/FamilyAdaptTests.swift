import Foundation
import Testing

@Suite("adapt of models of other families")
struct FamilyAdaptTests {
    /// Groups that share a slope of 0.8 but for one, whose slope is -1.
    private static func table(_ family: String, groups: Range<Int>, different: Int) -> String {
        var text = "group,x,z,y\n"
        for group in groups {
            var state = UInt64(group) &* 7919 &+ 31
            for _ in 0..<150 {
                func uniform() -> Double {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return Double(state >> 11) * 0x1p-53
                }
                let (x, z) = (3 * uniform() - 1.5, 3 * uniform() - 1.5)
                let eta = 0.2 + (group == different ? -1 : 0.8) * x - 0.5 * z
                let y: String
                if family == "binomial" {
                    y = uniform() < 1 / (1 + exp(-eta)) ? "yes" : "no"
                } else {
                    var (count, product) = (-1, 1.0)
                    while product >= exp(-exp(eta)) {
                        product *= uniform()
                        count += 1
                    }
                    y = "\(count)"
                }
                text += "g\(group),\(x),\(z),\(y)\n"
            }
        }
        return text
    }

    @Test("classes are the model's, be they labels or numbers; others are refused")
    func classes() throws {
        let folder = try Folder()
        let request = ["--task", "group", "--formula", "y ~ x + z", "--family", "binomial", "--method", "molar"]
        let (rows, new) = (
            Self.table("binomial", groups: 0..<9, different: 3), Self.table("binomial", groups: 20..<22, different: 21)
        )
        func named(_ text: String, _ no: String, _ yes: String) -> String {
            text.replacingOccurrences(of: ",no\n", with: ",\(no)\n").replacingOccurrences(
                of: ",yes\n", with: ",\(yes)\n")
        }
        try folder.write("t.csv", rows)
        try #require(try Program.run(["fit", "t.csv", "-o", "m.json"] + request, in: folder).code == 0)
        try folder.write("new.csv", new)
        let labels = Lines(try Program.run(["adapt", "m.json", "new.csv"], in: folder).output)
        for (no, yes) in [("0", "1"), ("-1", "1"), ("bad", "good")] {
            try folder.write("n.csv", named(rows, no, yes))
            try #require(try Program.run(["fit", "n.csv", "-o", "n.json"] + request, in: folder).code == 0)
            try folder.write("o.csv", named(new, no, yes))
            let other = try Program.run(["adapt", "n.json", "o.csv"], in: folder)
            try #require(other.code == 0, "\(other)")
            #expect(Lines(other.output).texts("estimate") == labels.texts("estimate"))
            let foreign = try Program.run(["adapt", "m.json", "o.csv"], in: folder)
            #expect(foreign.code == 65, "\(foreign)")
            #expect(
                foreign.errors.contains("300 rows with a response that is none of the model's classes ('no', 'yes')"))
        }
    }

    @Test("thresholds count the model's tasks, where these are fewer than slopes")
    func fewTasks() throws {
        let folder = try Folder()
        try folder.write("t.csv", Self.table("poisson", groups: 0..<1, different: 3))
        try folder.write("new.csv", Self.table("poisson", groups: 20..<22, different: 21))
        let request = ["--task", "group", "--formula", "y ~ x + z + I(x * z)", "--family", "poisson"]
        let fitted = try Program.run(["fit", "t.csv", "--method", "molar", "-o", "m.json"] + request, in: folder)
        try #require(fitted.code == 0, "\(fitted)")
        for strength in [0.5, 1, 2, 4, 8] {
            let outcome = try Program.run(["adapt", "m.json", "new.csv", "--strength", "\(strength)"], in: folder)
            try #require(outcome.code == 0, "\(outcome)")
            let table = Lines(outcome.output)
            for (row, term) in table.texts("term").enumerated() where term != "(Intercept)" {
                // The model's task and the new one, of three slopes.
                let threshold = strength * log(2.0).squareRoot() * table.numbers("own_std_error")[row]
                let difference = abs(table.numbers("own_estimate")[row] - table.numbers("center")[row])
                #expect(table.texts("differs")[row] == "\(difference > threshold)")
            }
        }
    }

    @Test(
        "new tasks are as if they were fitted with the model's, near a centre that stays; what comes out predicts",
        arguments: ["binomial", "poisson"], ["m.json", "m.npz"])
    func adapt(family: String, model: String) throws {
        let folder = try Folder()
        try folder.write("t.csv", Self.table(family, groups: 0..<15, different: 3))
        let new = Self.table(family, groups: 20..<23, different: 22)
        try folder.write("new.csv", new + "single,1,0,\(family == "binomial" ? "yes" : "3")\n")
        let request = ["--task", "group", "--formula", "y ~ x + z", "--family", family, "--device", "cpu"]
        let fitted = try Program.run(["fit", "t.csv", "--method", "molar", "-o", model] + request, in: folder)
        try #require(fitted.code == 0, "\(fitted)")
        let outcome = try Program.run(["adapt", model, "new.csv", "--device", "cpu", "-o", "a.csv"], in: folder)
        try #require(outcome.code == 0, "\(outcome)")
        #expect(outcome.errors.contains("4 tasks: 3 ok, 1 with too few rows\n"), "\(outcome)")

        let table = try Lines(path: folder.path("a.csv"))
        let own = try Program.run(["fit", "new.csv", "--method", "itl", "-o", "own.csv"] + request, in: folder)
        try #require(own.code == 0, "\(own)")
        let alone = try Lines(path: folder.path("own.csv")).numbers("estimate")
        let centers = table.numbers("center")
        for (row, term) in table.texts("term").enumerated() {
            let (estimate, found) = (table.numbers("estimate")[row], table.numbers("own_estimate")[row])
            if row >= 9 {
                #expect(estimate == centers[row] && found.isNaN)
                continue
            }
            #expect(abs(found - alone[row]) < 1e-9)
            guard term != "(Intercept)" else { continue }
            // Two slopes: min(M, d) is 2 however many tasks the centre is of.
            let threshold = log(2.0).squareRoot() * table.numbers("own_std_error")[row]
            let differs = abs(found - centers[row]) > threshold
            #expect(table.texts("differs")[row] == "\(differs)")
            #expect(estimate == (differs ? found : centers[row]))
            if row == 7 { #expect(differs && table.numbers("differ_q")[row] < 1e-6) }
        }

        #expect(try Program.run(["adapt", model, "new.csv", "--device", "cpu", "-o", "a.json"], in: folder).code == 0)
        let predicted = try Program.run(["predict", "a.json", "new.csv", "-o", "p.csv"], in: folder)
        try #require(predicted.code == 0, "\(predicted)")
        let lines = try Lines(path: folder.path("p.csv"))
        let means = lines.numbers(family == "binomial" ? "p_yes" : "prediction")
        #expect(means.count == 451 && means.allSatisfy { $0 > 0 && $0.isFinite })
    }
}
