public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func projectOntoSimplex(_ vectors: Vectors<Buffer>, radius: Scalar, into points: Vectors<Buffer>) {
        precondition(radius > 0 && radius.isFinite, "the radius of a simplex is positive")
        precondition(
            points.taskCount == vectors.taskCount && points.width == vectors.width
                && points.columnCount == vectors.columnCount, "points of the vectors' shape")
        let width = vectors.width
        let packCount = (vectors.taskCount + Self.lanes - 1) / Self.lanes
        let grain = max(1, 20_000 / (vectors.valuesPerTask + 1))
        parallel.forEachRange(of: packCount, grain: grain) { packs in
            for pack in packs {
                for column in 0..<vectors.columnCount {
                    Self.project(
                        vectors.entries.vectors(ofPack: pack) + column * width, radius, width,
                        into: points.entries.vectors(ofPack: pack) + column * width)
                }
            }
        }
    }

    /// Michelot's algorithm on one vector a lane: the threshold is what the values above the previous one would need.
    /// Without the largest value, a common offset costs no digits; the threshold then begins at `-radius`.
    @inline(__always)
    private static func project(
        _ values: UnsafeMutablePointer<Scalar.Lanes>, _ radius: Scalar, _ width: Int,
        into point: UnsafeMutablePointer<Scalar.Lanes>
    ) {
        var largest = Scalar.Lanes(repeating: -.infinity)
        for entry in 0..<width { largest.replace(with: values[entry], where: values[entry] .> largest) }
        var threshold = Scalar.Lanes(repeating: -radius)
        var count = Scalar.Lanes(repeating: .infinity)
        for _ in 0..<width {
            var sum = Scalar.Lanes.zero
            var above = Scalar.Lanes.zero
            for entry in 0..<width {
                let value = values[entry] - largest
                let isAbove = value .> threshold
                sum.replace(with: sum + value, where: isAbove)
                above.replace(with: above + 1, where: isAbove)
            }
            let hasChanged = (above .< count) .& (above .> 0)
            if !any(hasChanged) { break }
            count.replace(with: above, where: hasChanged)
            let needed = (sum - radius) / above
            threshold.replace(with: needed, where: hasChanged .& (needed .> threshold))
        }
        var isUsable = Scalar.Lanes.zero
        for entry in 0..<width {
            let value = values[entry] - largest
            isUsable.replace(with: .nan, where: value .!= value)
        }
        for entry in 0..<width {
            let excess = values[entry] - largest - threshold
            point[entry] = excess.replacing(with: 0, where: excess .<= 0) + isUsable
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func projectOntoSimplex(
        acrossTasks vectors: Vectors<Buffer>, radius: Scalar, into points: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(
            points.taskCount == vectors.taskCount && points.valuesPerTask == vectors.valuesPerTask,
            "points of the vectors' shape")
        let thresholds = try CPUColumns<Scalar>(vectors: vectors, weights: nil, parallel: parallel).simplexThresholds(
            radius: radius)
        let shifts = thresholds.map { Scalar($0.shift) }
        let excesses = thresholds.map { Scalar($0.threshold) }
        let packCount = (vectors.taskCount + Self.lanes - 1) / Self.lanes
        parallel.forEachRange(of: packCount, grain: max(1, 20_000 / (shifts.count + 1))) { packs in
            for pack in packs {
                let values: UnsafeMutablePointer<Scalar.Lanes> = vectors.entries.vectors(ofPack: pack)
                let output: UnsafeMutablePointer<Scalar.Lanes> = points.entries.vectors(ofPack: pack)
                for entry in 0..<shifts.count {
                    let excess = values[entry] - shifts[entry] - excesses[entry]
                    output[entry] = excess.replacing(with: 0, where: excess .<= 0)
                }
            }
        }
    }
}
