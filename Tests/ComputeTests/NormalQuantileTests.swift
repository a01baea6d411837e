import Compute
import Definitions
import Foundation
import Testing

@Suite("Normal quantiles")
struct SlowNormalQuantileTests {
    private struct Reference {
        let uniform: Double
        let quantile: Double

        /// The lines of `Tests/Fixtures/normal_quantiles.csv`.
        static func all() throws -> [Reference] {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let text = try String(contentsOf: folder.appending(path: "Fixtures/normal_quantiles.csv"), encoding: .utf8)
            return try text.split(separator: "\n").dropFirst().map { line in
                let fields = line.split(separator: ",")
                return Reference(
                    uniform: try #require(Double(fields[0])) * 0x1p-53, quantile: try #require(Double(fields[1])))
            }
        }
    }

    @Test("in double are those of a 40-digit computation, from centre to extremes")
    func double() throws {
        let references = try Reference.all()
        #expect(references.count > 200)
        for reference in references {
            let found = Double.normalQuantiles(Double.Lanes(repeating: reference.uniform))[3]
            #expect(
                abs(found - reference.quantile) <= Definitions.normalAccuracy(of: Double.self) * abs(reference.quantile)
            )
        }
    }

    @Test("by the definition are those of a 40-digit computation")
    func definition() throws {
        for reference in try Reference.all() {
            let found = Definitions.normalQuantile(reference.uniform)
            #expect(abs(found - reference.quantile) <= 8 * Double.ulpOfOne * abs(reference.quantile))
        }
    }

    @Test("in float are the definition's, from centre to extremes")
    func float() {
        let ends = (0..<23).flatMap { [1 << $0 | 1, 1 << 24 - 1 << $0 | 1] }
        let even = stride(from: 1, to: 1 << 24, by: 4098)
        for numerator in ends + even {
            let uniform = Float(numerator) * 0x1p-24
            let expected = Definitions.normalQuantile(Double(uniform))
            let found = Double(Float.normalQuantiles(Float.Lanes(repeating: uniform))[11])
            #expect(abs(found - expected) <= Definitions.normalAccuracy(of: Float.self) * abs(expected))
        }
    }

    @Test("are odd about the median, and each lane's is its own")
    func symmetry() {
        let uniforms = Double.Lanes(0x1p-53, 0x1p-40, 1e-12, 1e-5, 0.0749, 0.0751, 0.3, 0.49)
        let upper = Double.normalQuantiles(1 - uniforms)
        let lower = Double.normalQuantiles(uniforms)
        // 1 - u is exact for the first two alone; the others are drawn as 1 - (1 - u).
        let exact = Double.normalQuantiles(1 - (1 - uniforms))
        #expect(upper == -exact)
        for lane in 0..<8 { #expect(Double.normalQuantiles(Double.Lanes(repeating: uniforms[lane]))[0] == lower[lane]) }
    }
}
