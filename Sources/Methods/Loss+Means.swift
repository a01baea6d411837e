public import Compute
import Glibc

extension Loss {
    /// Replaces linear predictors by the means that the model expects of their responses: probabilities for `logistic` (of
    /// 1) and `softmax` (of each class), the count for `poisson`.
    ///
    /// - Parameter predictors: ``columnCount`` a row.
    public func replaceByMeans(_ predictors: inout [Double]) {
        switch self {
        case .squared: return
        case .logistic:
            for row in predictors.indices {
                let small = exp(-abs(predictors[row]))
                predictors[row] = (predictors[row] > 0 ? 1 : small) / (1 + small)
            }
        case .poisson: for row in predictors.indices { predictors[row] = exp(predictors[row]) }
        case .softmax(let classCount):
            for first in stride(from: 0, to: predictors.count, by: classCount) {
                let largest = (first..<first + classCount).reduce(-Double.infinity) { max($0, predictors[$1]) }
                var total = 0.0
                for place in first..<first + classCount {
                    predictors[place] = exp(predictors[place] - largest)
                    total += predictors[place]
                }
                for place in first..<first + classCount { predictors[place] /= total }
            }
        }
    }
}
