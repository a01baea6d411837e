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

    /// Whether a row can have this response.
    func allows(_ response: Double) -> Bool {
        switch self {
        case .squared: response.isFinite
        case .logistic: response >= 0 && response <= 1
        case .poisson: response >= 0 && response.isFinite
        case .softmax(let classCount): response >= 0 && response < Double(classCount) && response == response.rounded()
        }
    }
}
