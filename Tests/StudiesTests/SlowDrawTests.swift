import Compute
import Engine
import Foundation
import Studies
import Testing

@Suite("drawn moments")
struct SlowDrawTests {
    /// Designs whose moments take each way of being drawn.
    static let designs = [
        "covariance = \"identity\"",
        "covariance = { toeplitz = 0.7 }",
        "covariance = { spectrum = [0.5, 3] }",
        "covariance = { spectrum = [0.5, 3], rotated = true }",
    ]

    static func text(_ design: String, draw: String, seed: Int, replications: Int) -> String {
        """
        name = "draws"
        seed = \(seed)
        replications = \(replications)
        draw = "\(draw)"
        metrics = ["mean-l2", "length", "mean-l1", "prediction"]
        [design]
        tasks = 4
        rows = 18
        features = 5
        \(design)
        [coefficients]
        structure = "sparse"
        differences = 1
        [noise]
        deviation = 0.5
        [[methods]]
        name = "itl"
        [[methods]]
        name = "pool"
        [[methods]]
        name = "ridge"
        folds = 4
        [[methods]]
        name = "molar"

        """
    }

    /// The largest distance between the empirical distributions of two samples.
    private func distance(_ first: [Double], _ second: [Double]) -> Double {
        let (first, second) = (first.sorted(), second.sorted())
        var (i, j, largest) = (0, 0, 0.0)
        while i < first.count, j < second.count {
            if first[i] <= second[j] { i += 1 } else { j += 1 }
            largest = max(largest, abs(Double(i) / Double(first.count) - Double(j) / Double(second.count)))
        }
        return largest
    }

    /// Coefficients by their distances from the truth, variances by the lengths of intervals, and MOLAR's error: 1,000
    /// draws of each, from streams that share nothing.
    @Test("have the distribution of the moments of drawn rows", arguments: designs)
    func distribution(design: String) throws {
        let count = 1000
        let moments = try SmallStudy.values(of: Self.text(design, draw: "moments", seed: 1, replications: count))
        let rows = try SmallStudy.values(of: Self.text(design, draw: "rows", seed: 2, replications: count))
        // Kolmogorov and Smirnov's test of two samples at a level of 1e-4 each; the seeds are fixed.
        let critical = (-0.5 * log(0.5e-4) * 2 / Double(count)).squareRoot()
        let compared = [
            "itl mean-l2", "itl length", "itl mean-l1", "itl prediction", "pool mean-l1", "pool length",
            "ridge mean-l2",
            "molar mean-l1",
        ]
        for name in compared {
            let (first, second) = (moments[name] ?? [], rows[name] ?? [])
            #expect(first.count == count && second.count == count)
            #expect(distance(first, second) < critical, "\(name)")
        }
    }

    @Test("give other numbers than a distribution that is a little wider")
    func power() throws {
        let moments = try SmallStudy.values(
            of: Self.text(Self.designs[0], draw: "moments", seed: 1, replications: 1000))
        let wider = try SmallStudy.values(
            of: Self.text(Self.designs[0], draw: "rows", seed: 2, replications: 1000)
                .replacingOccurrences(of: "deviation = 0.5", with: "deviation = 0.55"))
        let critical = (-0.5 * log(0.5e-4) * 2 / 1000.0).squareRoot()
        #expect(distance(moments["itl mean-l2"] ?? [], wider["itl mean-l2"] ?? []) > critical)
    }
}
