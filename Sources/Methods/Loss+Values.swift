import Compute
import Glibc

extension Loss {
    /// What one row's response costs at its linear predictors, of which there are ``columnCount`` from `first` on.
    func value(of response: Double, at predictors: [Double], from first: Int) -> Double {
        let eta = predictors[first]
        switch self {
        case .squared: return (eta - response) * (eta - response) / 2
        case .logistic: return max(eta, 0) + log1p(exp(-abs(eta))) - response * eta
        case .poisson: return exp(eta) - response * eta
        case .softmax(let classCount):
            let own = first..<first + classCount
            let largest = own.reduce(eta) { max($0, predictors[$1]) }
            return log(own.reduce(0) { $0 + exp(predictors[$1] - largest) }) + largest
                - predictors[first + Int(response)]
        }
    }
}
