public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func projectOntoSimplex(_ vectors: Vectors<Buffer>, radius: Scalar, into points: Vectors<Buffer>) {
        precondition(radius > 0 && radius.isFinite, "the radius of a simplex is positive")
        precondition(
            points.taskCount == vectors.taskCount && points.width == vectors.width
                && points.columnCount == vectors.columnCount, "points of the vectors' shape")
        let (width, lanes) = (vectors.width, Self.lanes)
        let packCount = (vectors.taskCount + Self.lanes - 1) / Self.lanes
        let grain = max(1, 20_000 / (vectors.valuesPerTask + 1))
        parallel.forEachRange(of: packCount, grain: grain) { packs in
            withUnsafeTemporaryAllocation(byteCount: 6 * 64, alignment: 64) { scratch in
                guard let scratch = scratch.baseAddress?.assumingMemoryBound(to: Scalar.self) else { return }
                for pack in packs {
                    let input: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: pack * lanes, lanes: lanes)
                    let output: UnsafeMutablePointer<Scalar> = points.entries.lane(of: pack * lanes, lanes: lanes)
                    for column in stride(from: 0, to: vectors.columnCount * width * lanes, by: width * lanes) {
                        Self.project(input + column, radius, width, into: output + column, scratch: scratch)
                    }
                }
            }
        }
    }

    /// Michelot's algorithm on one vector a lane: the threshold is what the values above the previous one would need.
    /// Without the largest value, a common offset costs no digits; the threshold then begins at `-radius`.
    ///
    /// Loops run over lanes as scalars, which the compiler makes vectors of; selections of whole vectors it does not.
    @inline(__always)
    private static func project(
        _ values: UnsafeMutablePointer<Scalar>, _ radius: Scalar, _ width: Int,
        into point: UnsafeMutablePointer<Scalar>,
        scratch: UnsafeMutablePointer<Scalar>
    ) {
        let lanes = Self.lanes
        let (largest, poison, threshold) = (scratch, scratch + lanes, scratch + 2 * lanes)
        let (count, sum, above) = (scratch + 3 * lanes, scratch + 4 * lanes, scratch + 5 * lanes)
        for lane in 0..<lanes {
            largest[lane] = -.infinity
            poison[lane] = 0
            threshold[lane] = -radius
            count[lane] = .infinity
        }
        for entry in 0..<width {
            for lane in 0..<lanes {
                let value = values[entry &* lanes &+ lane]
                largest[lane] = value > largest[lane] ? value : largest[lane]
            }
        }
        for entry in 0..<width {
            for lane in 0..<lanes {
                let value = values[entry &* lanes &+ lane] - largest[lane]
                poison[lane] = value == value ? poison[lane] : value
            }
        }
        for _ in 0..<width {
            for lane in 0..<lanes { (sum[lane], above[lane]) = (0, 0) }
            for entry in 0..<width {
                for lane in 0..<lanes {
                    let value = values[entry &* lanes &+ lane] - largest[lane]
                    sum[lane] += value > threshold[lane] ? value : 0
                    above[lane] += value > threshold[lane] ? 1 : 0
                }
            }
            var hasChanged = false
            for lane in 0..<lanes where above[lane] < count[lane] && above[lane] > 0 {
                hasChanged = true
                count[lane] = above[lane]
                threshold[lane] = max(threshold[lane], (sum[lane] - radius) / above[lane])
            }
            if !hasChanged { break }
        }
        for entry in 0..<width {
            for lane in 0..<lanes {
                let excess = values[entry &* lanes &+ lane] - largest[lane] - threshold[lane]
                point[entry &* lanes &+ lane] = (excess <= 0 ? 0 : excess) + poison[lane]
            }
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
        let lanes = Self.lanes
        let packCount = (vectors.taskCount + lanes - 1) / lanes
        parallel.forEachRange(of: packCount, grain: max(1, 20_000 / (thresholds.count + 1))) { packs in
            for pack in packs {
                let values: UnsafeMutablePointer<Scalar> = vectors.entries.lane(of: pack * lanes, lanes: lanes)
                let output: UnsafeMutablePointer<Scalar> = points.entries.lane(of: pack * lanes, lanes: lanes)
                for entry in 0..<thresholds.count {
                    let shift = Scalar(thresholds[entry].shift)
                    let threshold = Scalar(thresholds[entry].threshold)
                    for lane in entry * lanes..<(entry + 1) * lanes {
                        let excess = values[lane] - shift - threshold
                        output[lane] = excess <= 0 ? 0 : excess
                    }
                }
            }
        }
    }
}
