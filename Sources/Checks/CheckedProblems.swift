internal import Compute
import Definitions

extension RandomProblem {
    /// Both sides of a row block, an empty task and one of a single row; one feature; both sides of a pack, wide.
    static let checked = [
        RandomProblem(sampleCounts: [511, 0, 512, 1, 513], featureCount: 4, isWeighted: true),
        RandomProblem(sampleCounts: [3], featureCount: 1, isWeighted: false),
        RandomProblem(sampleCounts: (0..<33).map { 24 + $0 % 7 }, featureCount: 20, isWeighted: true),
    ]

    /// Those in which every task can be solved.
    static let solvable = [
        RandomProblem(sampleCounts: [511, 40, 512, 9, 513], featureCount: 4, isWeighted: true), checked[1], checked[2],
    ]
}

extension LossModel {
    /// A model of each loss.
    static let checked = all.filter { $0.loss != .softmax(classCount: 1) }

    var name: String { "\(definition)" }
}

extension Matrices {
    /// Each task's matrix from what was downloaded of `triangles`.
    func hostMatrices(_ triangles: [Double]) -> [[[Double]]] {
        let size = triangleCount(order)
        return (0..<taskCount).map { symmetric(triangles[$0 * size..<($0 + 1) * size], order: order) }
    }
}

extension TaskRows {
    /// `X'WX`.
    func gram(featureCount: Int) -> [[Double]] {
        Definitions.jointGram(self, featureCount: featureCount).prefix(featureCount).map {
            Array($0.prefix(featureCount))
        }
    }
}
