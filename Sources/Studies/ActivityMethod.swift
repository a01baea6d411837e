/// A line of the table: a method, over what it is tuned, and what is known of its error.
package struct ActivityMethod: Sendable {
    /// What tasks have in common.
    package enum Structure: Sendable {
        /// Nothing.
        case own
        /// One set of coefficients.
        case common
        /// A centre for each of `size` clusters.
        case clustered
        /// Combinations of `size` vectors.
        case lowRank
    }

    /// A mean over repetitions and their deviation, in percent.
    package struct Error: Sendable {
        package let mean: Double
        package let deviation: Double
    }

    package let name: String
    let structure: Structure
    /// `K`, where the structure has one; else one number that stands for none.
    let sizes: [Int]
    /// `C`; infinite where tasks do not leave the structure.
    let strengths: [Double]
    /// Duan and Wang's Table 1, of all 561 features.
    package let published: Error
    /// What the authors' programs find on 265 of the features without tuning, and with which `C` and `K`.
    package let reference: Error
    package let referenceSetting: String

    package var hasSize: Bool { structure == .clustered || structure == .lowRank }
    package var hasStrength: Bool { strengths != [.infinity] }
    /// Whether there is anything to choose.
    var isTuned: Bool { sizes.count * strengths.count > 1 }

    package static let all: [ActivityMethod] = {
        let strengths = (1...10).map { Double($0) / 20 }
        return [
            ActivityMethod(
                name: "ARMUL, vanilla", structure: .common, sizes: [1], strengths: strengths,
                published: Error(mean: 1.12, deviation: 0.25), reference: Error(mean: 0.83, deviation: 0.14),
                referenceSetting: "C 0.1"),
            ActivityMethod(
                name: "ARMUL, clustered", structure: .clustered, sizes: [2, 3, 4, 5], strengths: strengths,
                published: Error(mean: 0.84, deviation: 0.22), reference: Error(mean: 0.62, deviation: 0.16),
                referenceSetting: "K 2, C 0.05"),
            ActivityMethod(
                name: "ARMUL, low-rank", structure: .lowRank, sizes: [1, 2, 3, 4, 5], strengths: strengths,
                published: Error(mean: 0.80, deviation: 0.19), reference: Error(mean: 0.52, deviation: 0.17),
                referenceSetting: "K 1, C 0.05"),
            ActivityMethod(
                name: "ITL", structure: .own, sizes: [1], strengths: [.infinity],
                published: Error(mean: 1.95, deviation: 0.32), reference: Error(mean: 1.27, deviation: 0.08),
                referenceSetting: ""),
            ActivityMethod(
                name: "pooling", structure: .common, sizes: [1], strengths: [.infinity],
                published: Error(mean: 3.48, deviation: 0.39), reference: Error(mean: 3.28, deviation: 0.40),
                referenceSetting: ""),
            ActivityMethod(
                name: "clustered MTL", structure: .clustered, sizes: [2, 3, 4, 5], strengths: [.infinity],
                published: Error(mean: 2.15, deviation: 0.33), reference: Error(mean: 1.73, deviation: 0.31),
                referenceSetting: "K 5"),
            ActivityMethod(
                name: "low-rank MTL", structure: .lowRank, sizes: [1, 2, 3, 4, 5], strengths: [.infinity],
                published: Error(mean: 1.30, deviation: 0.23), reference: Error(mean: 0.99, deviation: 0.25),
                referenceSetting: "K 5"),
        ]
    }()
}
