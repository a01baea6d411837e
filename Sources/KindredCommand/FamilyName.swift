import ArgumentParser
import Compute
import Tables

/// What `--family` names: the distribution of a response, and with it the loss of a row.
enum FamilyName: String, ExpressibleByArgument, CaseIterable {
    case gaussian, binomial, multinomial, poisson

    var response: ResponseKind {
        switch self {
        case .gaussian: .numbers
        case .binomial: .binary
        case .multinomial: .classes
        case .poisson: .counts
        }
    }

    func loss(classCount: Int) -> Loss {
        switch self {
        case .gaussian: .squared
        case .binomial: .logistic
        case .multinomial: .softmax(classCount: classCount)
        case .poisson: .poisson
        }
    }
}

extension Design {
    /// The names of all coefficients: of several columns each term's has its class before it.
    func coefficientNames(_ family: FamilyName, classes: [String]) -> [String] {
        family == .multinomial ? classes.flatMap { name in termNames.map { "\(name):\($0)" } } : termNames
    }
}
