import Compute

/// Shrinks one column of one pack towards its centre, one task a lane.
struct PackShrink<Scalar: LaneScalar> {
    typealias Lanes = Scalar.Lanes

    let width: Int
    let vector: UnsafeMutablePointer<Lanes>
    let center: UnsafeMutablePointer<Lanes>
    let centerStep: Int
    let thresholds: UnsafeMutablePointer<Lanes>
    let thresholdStep: Int
    let weights: UnsafeMutablePointer<Lanes>
    let weightStep: Int

    @inline(__always)
    func soft(into result: UnsafeMutablePointer<Lanes>) {
        forEachCoordinate(into: result) { x, difference, threshold in
            // Neither larger, smaller nor near is not a number: the sum then is none either.
            var shrunk = difference + threshold
            shrunk.replace(with: x - threshold, where: difference .> threshold)
            shrunk.replace(with: x + threshold, where: difference .< .zero - threshold)
            return shrunk
        }
    }

    @inline(__always)
    func hard(into result: UnsafeMutablePointer<Lanes>) {
        forEachCoordinate(into: result) { x, difference, threshold in
            (difference + threshold).replacing(with: x, where: magnitude(difference) .> threshold)
        }
    }

    /// Writes what `outside` makes of a coordinate farther from the centre than its threshold.
    @inline(__always)
    private func forEachCoordinate(
        into result: UnsafeMutablePointer<Lanes>, _ outside: (Lanes, Lanes, Lanes) -> Lanes
    ) {
        for index in 0..<width {
            let (x, c, weight) = (vector[index], center[index &* centerStep], weights[index &* weightStep])
            let difference = x - c
            let threshold = weight * thresholds[index &* thresholdStep]
            var value = outside(x, difference, threshold)
            let isNear = magnitude(difference) .<= threshold .| threshold .== Lanes(repeating: .infinity)
            value.replace(with: c, where: isNear)
            result[index] = value.replacing(with: x, where: weight .== .zero)
        }
    }

    /// `x - (t / ||d||) d`, or the centre where the norm is at most `t`.
    @inline(__always)
    func block(into result: UnsafeMutablePointer<Lanes>) {
        let threshold = thresholds[0]
        let norm = self.norm()
        let isNear = norm .<= threshold .| threshold .== Lanes(repeating: .infinity)
        let ratio = .zero - threshold / norm
        for index in 0..<width {
            let x = vector[index]
            var value = multiplyAdd(ratio, difference(at: index), x)
            value.replace(with: center[index &* centerStep], where: isNear)
            result[index] = value.replacing(with: x, where: weights[index &* weightStep] .== .zero)
        }
    }

    /// `c + (t / ||d||) d`, or `x` where the norm is at most `t`.
    @inline(__always)
    func ball(into result: UnsafeMutablePointer<Lanes>) {
        let threshold = thresholds[0]
        let norm = self.norm()
        let isNear = norm .<= threshold .| threshold .== Lanes(repeating: .infinity)
        let ratio = threshold / norm
        for index in 0..<width {
            let value = multiplyAdd(ratio, difference(at: index), center[index &* centerStep])
            let isKept = isNear .| weights[index &* weightStep] .== .zero
            result[index] = value.replacing(with: vector[index], where: isKept)
        }
    }

    /// The norm of the differences that are covered, scaled by the largest of them: no square overflows.
    @inline(__always)
    private func norm() -> Lanes {
        var largest = Lanes.zero
        for index in 0..<width {
            let size = magnitude(difference(at: index))
            largest.replace(with: size, where: size .> largest)
        }
        let scale = largest.replacing(with: Lanes(repeating: 1), where: largest .== .zero)
        var sum = Lanes.zero
        for index in 0..<width {
            let share = difference(at: index) / scale
            sum = multiplyAdd(share, share, sum)
        }
        return scale * sum.squareRoot()
    }

    /// `x - c`, or 0 where the norm does not cover it.
    @inline(__always)
    private func difference(at index: Int) -> Lanes {
        let difference = vector[index] - center[index &* centerStep]
        return difference.replacing(with: .zero, where: weights[index &* weightStep] .== .zero)
    }
}

/// `|x|` of each lane.
@inline(__always)
func magnitude<Lanes: SIMD>(_ x: Lanes) -> Lanes where Lanes.Scalar: FloatingPoint {
    x.replacing(with: .zero - x, where: x .< .zero)
}
