import CMachine
import Compute

/// A loss at eight rows, one a lane.
struct RowLosses {
    typealias Lanes = SIMD8<Double>

    let loss: Loss
    /// Where the slope of a Poisson loss grows no further.
    let predictorLimit: Double

    init(_ loss: Loss, predictorLimit: Double) {
        self.loss = loss
        self.predictorLimit = predictorLimit
    }

    /// Replaces the linear predictors of each class by the loss's slopes there, and returns its values if asked to.
    @inline(__always)
    func evaluate(
        _ predictors: UnsafeMutablePointer<Lanes>, responses y: Lanes, wantsValues: Bool
    ) -> Lanes {
        let eta = predictors[0]
        switch loss {
        case .squared:
            predictors[0] = eta - y
            return predictors[0] * predictors[0] * 0.5
        case .logistic:
            let small = exponentials(-magnitudes(eta))
            let odds = small / (small + 1)
            // max(eta, 0) - y eta and mu - y, without the difference of near numbers.
            let excess = kindred_where_less(.zero, eta, 1 - y, -y)
            predictors[0] = excess + kindred_where_less(.zero, eta, -odds, odds)
            return wantsValues ? excess * eta + logarithms1p(small) : .zero
        case .poisson:
            let limited = eta.replacing(with: predictorLimit, where: eta .> predictorLimit)
            predictors[0] = exponentials(limited) - y
            return wantsValues ? exponentials(eta) - y * eta : .zero
        case .softmax(let classCount):
            var chosen = Lanes.zero
            for column in 0..<classCount {
                chosen.replace(with: predictors[column], where: y .== Double(column))
            }
            let (largest, rest) = exponentiate(predictors, classCount: classCount)
            let total = rest + 1
            for column in 0..<classCount {
                let share = predictors[column]
                let below = (share / total - 1).replacing(with: -rest / total, where: share .== 1)
                predictors[column] = (share / total).replacing(with: below, where: y .== Double(column))
            }
            return wantsValues ? logarithms1p(rest) + (largest - chosen) : .zero
        }
    }

    /// The loss's second derivative in the predictors of two classes, which are replaced.
    @inline(__always)
    func curvatures(_ predictors: UnsafeMutablePointer<Lanes>, classes: (Int, Int)) -> Lanes {
        let eta = predictors[0]
        switch loss {
        case .squared: return Lanes(repeating: 1)
        case .logistic:
            let small = exponentials(-magnitudes(eta))
            return small / ((small + 1) * (small + 1))
        case .poisson: return exponentials(eta.replacing(with: predictorLimit, where: eta .> predictorLimit))
        case .softmax(let classCount):
            let total = exponentiate(predictors, classCount: classCount).rest + 1
            let share = predictors[classes.0]
            if classes.0 != classes.1 { return -share / total * (predictors[classes.1] / total) }
            let others = (total - share).replacing(with: total - 1, where: share .== 1)
            return share / total * (others / total)
        }
    }

    /// Replaces predictors by `exp(eta - largest)`, and returns the largest and the sum of all but one of those that
    /// are 1: the total is that sum and 1, and its logarithm keeps small sums.
    @inline(__always)
    private func exponentiate(
        _ predictors: UnsafeMutablePointer<Lanes>, classCount: Int
    ) -> (largest: Lanes, rest: Lanes) {
        var largest = predictors[0]
        for column in 1..<max(1, classCount) {
            largest.replace(with: predictors[column], where: predictors[column] .> largest)
        }
        var (rest, ties) = (Lanes.zero, Lanes.zero)
        for column in 0..<classCount {
            let share = exponentials(predictors[column] - largest)
            predictors[column] = share
            let isTie = share .== 1
            rest += share.replacing(with: 0, where: isTie)
            ties += Lanes.zero.replacing(with: 1, where: isTie)
        }
        return (largest, rest + (ties - 1))
    }

    @inline(__always)
    private func magnitudes(_ x: Lanes) -> Lanes { kindred_where_less(x, .zero, -x, x) }
}
