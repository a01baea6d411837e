import RealModule

/// Student's t distribution: probabilities and quantiles, far tails included.
///
/// Values are accurate to 1e-12 relative, as long as they are normal numbers, for one degree of freedom to infinitely
/// many (the normal distribution). Making a value costs less than one probability.
///
/// With `a = df / 2`, `u = t^2 / df` and `c = Gamma(a + 1/2) / (Gamma(a) sqrt(pi))`, both from the incomplete beta
/// function `I(a, 1/2)` at `1 / (1 + u)`:
///
///     P(|T| < t) = 2 c sqrt(u) (1 + u)^-(a + 1/2) 2F1(a + 1/2, 1; 3/2; u / (1 + u))     near the centre
///     P(|T| > t) = c / a sqrt(1 + 1/u) (1 + u)^-a 2F1(1/2, 1; a + 1; -1/u)              in the tails
///
/// All terms of the first series, and of Gauss's continued fraction for the second, are positive: nothing cancels.
public struct StudentT: Sendable {
    public let degreesOfFreedom: Double
    /// The degrees that are computed with: beyond 1e20 no double tells the distribution from the normal one.
    private let degrees: Double
    private let half: Double
    /// `Gamma(a + 1/2) / (Gamma(a) sqrt(pi))`.
    private let constant: Double

    /// - Parameter degreesOfFreedom: at least 1; infinity is the normal distribution.
    public init(degreesOfFreedom: Double) {
        precondition(degreesOfFreedom >= 1, "Student's t here has at least one degree of freedom")
        self.degreesOfFreedom = degreesOfFreedom
        degrees = min(degreesOfFreedom, 1e20)
        half = degrees / 2
        constant = Self.gammaRatio(half) / Double.pi.squareRoot()
    }

    /// `P(T <= t)`.
    public func cumulative(_ t: Double) -> Double {
        let tail = twoSidedPValue(t) / 2
        return t > 0 ? 1 - tail : tail
    }

    /// `P(|T| >= |t|)`: the p-value of a statistic `t`. NaN for NaN.
    public func twoSidedPValue(_ t: Double) -> Double {
        let tail = twoSidedTail(abs(t))
        return Double.exp(tail.exponent) * tail.factor
    }

    /// The `t` with `P(T <= t) = probability`: minus infinity at 0, infinity at 1, NaN outside of 0 to 1.
    ///
    /// Upper quantiles beyond `1 - 2^-53` cannot be asked for by their probability: negate the lower ones.
    public func quantile(_ probability: Double) -> Double {
        switch probability {
        case 0: -.infinity
        case 1: .infinity
        case 0..<0.25: -upperQuantile(probability)
        case 0.25..<0.5: -centralQuantile(1 - 2 * probability)
        case 0.5...0.75: centralQuantile(2 * probability - 1)
        case 0.75..<1: upperQuantile(1 - probability)
        default: .nan
        }
    }

    // MARK: Probabilities

    /// `P(|T| >= t)` for `t >= 0` as `factor exp(exponent)`, and how steeply its logarithm falls with `log t`.
    private func twoSidedTail(_ t: Double) -> (exponent: Double, factor: Double, slope: Double) {
        let u = t * t / degrees
        if u < 0.4 && t * t < 6 {
            let factor = 1 - centralProbability(t)
            return (0, factor, 2 * t * density(t) / factor)
        }
        if t == .infinity { return (-.infinity, 1, degrees) }
        let fraction = gaussFraction(1 / u)
        // The square overflows long before its logarithm matters less than one digit.
        let logarithm = u < 1e17 ? Double.log(onePlus: u) : 2 * Double.log(t) - Double.log(degrees)
        let factor = constant / half * (1 + 1 / u).squareRoot() * fraction
        return (-half * logarithm, factor, degrees / ((1 + 1 / u) * fraction))
    }

    /// `P(|T| < t)` by its series, which is short where `t^2` and `t^2 / df` are small.
    private func centralProbability(_ t: Double) -> Double {
        let u = t * t / degrees
        let y = u / (1 + u)
        var term = 1.0
        var sum = 1.0
        var numerator = half + 0.5
        var denominator = 1.5
        while term > 1e-17 * sum {
            term *= y * numerator / denominator
            sum += term
            numerator += 1
            denominator += 1
        }
        return 2 * t * density(t) * sum
    }

    private func density(_ t: Double) -> Double {
        let u = t * t / degrees
        return constant / degrees.squareRoot() * Double.exp(-(half + 0.5) * Double.log(onePlus: u))
    }

    /// `2F1(1/2, 1; a + 1; -z)` by Gauss's continued fraction `1 / (1 + e_1 / (1 + e_2 / (1 + ...)))`.
    ///
    /// Its convergents enclose the value, so the last two tell the error. They are carried as numerator and denominator,
    /// which keeps divisions out of the chain of dependent steps.
    private func gaussFraction(_ z: Double) -> Double {
        var (previousTop, previousBottom) = (0.0, 1.0)
        var (top, bottom) = (1.0, 1.0)
        var step = 0.0
        while true {
            let twice = half + 2 * step
            let odd = (step + 0.5) * (half + step) / (twice * (twice + 1)) * z
            let even = (step + 1) * (half + step + 0.5) / ((twice + 1) * (twice + 2)) * z
            let (oddTop, oddBottom) = (top + odd * previousTop, bottom + odd * previousBottom)
            (previousTop, previousBottom) = (oddTop, oddBottom)
            (top, bottom) = (oddTop + even * top, oddBottom + even * bottom)
            let upper = top * previousBottom
            if !(abs(upper - previousTop * bottom) > 1e-16 * upper) { return top / bottom }
            if bottom > 1e200 {
                (previousTop, previousBottom) = (previousTop / bottom, previousBottom / bottom)
                (top, bottom) = (top / bottom, 1)
            }
            step += 1
        }
    }

    /// `Gamma(a + 1/2) / Gamma(a)`: a recurrence up to where its asymptotic series holds to the last digit.
    private static func gammaRatio(_ a: Double) -> Double {
        var shifted = a
        var (top, bottom) = (1.0, 1.0)
        while shifted < 24 {
            top *= shifted
            bottom *= shifted + 0.5
            shifted += 1
        }
        let x = 1 / shifted
        let x2 = x * x
        let series = x * (-1 / 8 + x2 * (1 / 192 + x2 * (-1 / 640 + x2 * (17 / 14336 - x2 * 31 / 18432))))
        return shifted.squareRoot() * Double.exp(series) * top / bottom
    }

    // MARK: Quantiles

    /// After a relative step this small, Newton's method has nothing left to gain: its error is of the step's square.
    private static let lastStep = 1e-9

    /// The `t` with `P(|T| < t) = probability`, at most 1/2, by Newton's method.
    ///
    /// The probability is concave in `t >= 0`, so the steps from 0 approach the root from one side.
    private func centralQuantile(_ probability: Double) -> Double {
        var t = probability / (2 * density(0))
        for _ in 0..<60 where t > 0 {
            let step = (probability - centralProbability(t)) / (2 * density(t))
            t += step
            if abs(step) <= Self.lastStep * t { break }
        }
        return t
    }

    /// The `t` with `P(T > t) = probability`, below 1/4, by Newton's method on logarithms of both.
    ///
    /// There the tail is concave and nearly straight, so few steps are needed and none goes astray.
    private func upperQuantile(_ probability: Double) -> Double {
        let target = Double.log(2 * probability)
        var t = Double.exp(logarithmicGuess(probability))
        for _ in 0..<60 {
            let tail = twoSidedTail(t)
            let step = (tail.exponent + Double.log(tail.factor) - target) / tail.slope
            t *= Double.exp(step)
            if abs(step) <= Self.lastStep { break }
        }
        return t
    }

    /// The logarithm of an approximate upper quantile: Hastings' for the normal distribution, carried over by Wallace's
    /// `z = (8 df + 1) / (8 df + 3) sqrt(df log(1 + t^2 / df))`.
    private func logarithmicGuess(_ probability: Double) -> Double {
        let r = (-2 * Double.log(probability)).squareRoot()
        let z =
            r - (2.515517 + r * (0.802853 + r * 0.010328))
            / (1 + r * (1.432788 + r * (0.189269 + r * 0.001308)))
        let scaled = z * (8 * degrees + 3) / (8 * degrees + 1)
        let exponent = scaled * scaled / degrees
        let logarithm = exponent < 40 ? Double.log(Double.expMinusOne(exponent)) : exponent
        return min(709, (Double.log(degrees) + logarithm) / 2)
    }
}
