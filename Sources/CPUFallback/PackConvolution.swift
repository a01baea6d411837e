import Compute

/// The infimal convolutions of the quadratics of one pack and a penalty, one task a lane, in one thread's memory.
///
/// In the eigenvectors' coordinates, with `p = V'(G c - b)`, the distance `r` from the centre solves
/// `sum of p_i^2 / (l_i r + t)^2 = 1`. The root of the left side's reciprocal, less 1, is concave and rises: Newton's method
/// from its left stays there and needs no safeguard. Lanes that are done keep their numbers while others go on. With the
/// squared distance there is nothing to solve: what the norm's step is with `r` in `l_i r + t`, its is with 1.
struct PackConvolution<Scalar: LaneScalar>: ThreadScratch {
    typealias Lanes = Scalar.Lanes

    private let order: Int
    /// Each eigenvalue; the largest in place of one that counts as 0.
    private let values: UnsafeMutablePointer<Lanes>
    /// 0 for an eigenvalue that counts as 0, else 1.
    private let presence: UnsafeMutablePointer<Lanes>
    /// The centre's coordinates.
    private let center: UnsafeMutablePointer<Lanes>
    /// `p` over its largest entry.
    private let slopes: UnsafeMutablePointer<Lanes>
    /// What `V` is multiplied with.
    private let coordinates: UnsafeMutablePointer<Lanes>
    /// A vector on the way to the second derivatives.
    private let image: UnsafeMutablePointer<Lanes>

    init(order: Int) {
        self.order = order
        values = .allocate(capacity: 6 * order)
        presence = values + order
        center = presence + order
        slopes = center + order
        coordinates = slopes + order
        image = coordinates + order
    }

    func deallocate() { values.deallocate() }

    /// Takes the eigenvalues of a pack.
    @inline(__always)
    func begin(_ eigenvalues: UnsafeMutablePointer<Lanes>, tolerance: Scalar) {
        var largest = Lanes.zero
        for index in 0..<order { largest = larger(eigenvalues[index], largest) }
        let least = largest * tolerance
        let one = Lanes(repeating: 1)
        for index in 0..<order {
            let value = eigenvalues[index]
            values[index] = select(value, <=, least, largest, else: value)
            presence[index] = select(value, <=, least, .zero, else: one)
        }
    }

    /// Finds the minimiser of one column, and leaves its step in the eigenvectors' coordinates.
    @inline(__always)
    func solve(
        _ column: PackColumn<Scalar>, _ distance: Distance, vectors: UnsafeMutablePointer<Lanes>
    ) -> ConvolutionRoot<Lanes> {
        rotate(column.center, vectors)
        var largest = Lanes.zero
        for index in 0..<order {
            let slope = presence[index] * multiplyAdd(values[index], center[index], .zero - column.linear[index])
            slopes[index] = slope
            largest = larger(magnitude(slope), largest)
        }
        let unit = select(largest, ==, .zero, Lanes(repeating: 1), else: largest)
        var (squares, bend) = (Lanes.zero, Lanes.zero)
        for index in 0..<order {
            let slope = slopes[index] / unit
            slopes[index] = slope
            squares = multiplyAdd(slope, slope, squares)
            bend = multiplyAdd(slope * slope, values[index], bend)
        }
        if distance == .squared { return squaredRoot(column.threshold, unit: unit, rest: squares - squares) }
        let (norm, threshold) = (squares.squareRoot(), column.threshold / unit)
        // The first step from 0 needs no division a coordinate.
        let first = (norm - threshold) * squares / bend
        var root = select(norm, <=, threshold, .zero, else: first)
        var active = select(norm, >, threshold, Lanes(repeating: 1), else: .zero)
        let accuracy = Scalar.ulpOfOne.squareRoot()
        for _ in 0..<InfimalConvolution<CPUBuffer<Scalar>>.stepLimit {
            if active == .zero { break }
            let next = root + step(from: root, threshold)
            let isMoving = select(next - root, >, root * accuracy, active, else: .zero)
            root = select(active, >, .zero, next, else: root)
            active = isMoving
        }
        return ConvolutionRoot(norm: norm, threshold: threshold, unit: unit, root: root)
    }

    /// What stands for the root with the squared distance. Only an infinite threshold, or a quadratic without curvature,
    /// leaves the minimiser at the centre.
    ///
    /// - Parameter rest: 0, or what is not a number where a slope is not.
    @inline(__always)
    private func squaredRoot(_ threshold: Lanes, unit: Lanes, rest: Lanes) -> ConvolutionRoot<Lanes> {
        let most = Lanes(repeating: .greatestFiniteMagnitude)
        // The largest eigenvalue takes the place of those that count as 0: the first is 0 where all are.
        let norm = order == 0 ? most : select(values[0], ==, .zero, .zero - most, else: most)
        return ConvolutionRoot(norm: norm + rest, threshold: threshold, unit: unit, root: Lanes(repeating: 1))
    }

    /// One step of Newton's method. Its error is less than twice the square of what it moves, over the root.
    @inline(__always)
    private func step(from root: Lanes, _ threshold: Lanes) -> Lanes {
        var (sum, slope) = (Lanes.zero, Lanes.zero)
        let one = Lanes(repeating: 1)
        for index in 0..<order {
            let inverse = one / multiplyAdd(values[index], root, threshold)
            let share = slopes[index] * inverse
            let square = share * share
            sum += square
            slope = multiplyAdd(square * values[index], inverse, slope)
        }
        return (sum.squareRoot() - one) * sum / slope
    }

    /// Writes the minimiser and the gradient there, and returns the value.
    @inline(__always)
    func write(
        _ found: ConvolutionRoot<Lanes>, of column: PackColumn<Scalar>, _ distance: Distance,
        vectors: UnsafeMutablePointer<Lanes>, minimizer: UnsafeMutablePointer<Lanes>,
        gradient: UnsafeMutablePointer<Lanes>
    ) -> Lanes {
        let length = found.unit * found.root
        let isSquared = distance == .squared
        var value = isSquared ? .zero : found.outside(column.threshold * length, else: .zero)
        let half = isSquared ? column.threshold * 0.5 : .zero
        for index in 0..<order {
            let share = slopes[index] / multiplyAdd(values[index], found.root, found.threshold)
            let step = found.outside(share * length, else: .zero)
            coordinates[index] = found.outside(step, else: slopes[index] * found.unit)
            let place = center[index] - step
            let slope = multiplyAdd(values[index] * 0.5, place, .zero - column.linear[index])
            value = multiplyAdd(presence[index] * place, slope, value)
            if isSquared { value = found.outside(multiplyAdd(half * step, step, value), else: value) }
        }
        rotateBack(coordinates, vectors, into: gradient)
        let factor = found.outside(found.shift, else: Lanes(repeating: 1))
        for index in 0..<order {
            let (x, move) = (column.center[index], gradient[index])
            minimizer[index] = found.outside(x - move, else: x)
            gradient[index] = factor * move
        }
        return value
    }

    /// Writes the second derivatives at what `solve` found: those of the quadratic inside, and elsewhere, with `u` the
    /// direction from the centre, `V (s diag(l / (l + s)) - s m m' / u'm) V'`, where `m = l u / (l + s)`; of the squared
    /// distance the first part alone.
    @inline(__always)
    func writeCurvature(
        _ found: ConvolutionRoot<Lanes>, _ distance: Distance, vectors: UnsafeMutablePointer<Lanes>,
        into triangle: UnsafeMutablePointer<Lanes>
    ) {
        let shift = found.outside(found.shift, else: .zero)
        var total = Lanes.zero
        for index in 0..<order {
            let value = values[index]
            let share = value / (value + shift)
            let direction = slopes[index] / multiplyAdd(value, found.root, found.threshold)
            let image = found.outside(direction * share, else: .zero)
            total = multiplyAdd(image, direction, total)
            coordinates[index] = image
            center[index] = presence[index] * found.outside(shift * share, else: value)
        }
        rotateBack(coordinates, vectors, into: image)
        let factor = distance == .squared ? .zero : found.outside(.zero - shift / total, else: .zero)
        for row in 0..<order {
            let entries = triangle + triangleCount(row)
            let scaled = factor * image[row]
            for column in 0...row { entries[column] = found.outside(scaled * image[column], else: .zero) }
            var index = 0
            while index &+ 2 <= order {
                let (q0, q1) = (vectors + index &* order, vectors + (index &+ 1) &* order)
                let (c0, c1) = (center[index] * q0[row], center[index &+ 1] * q1[row])
                for column in 0...row {
                    entries[column] = multiplyAdd(c1, q1[column], multiplyAdd(c0, q0[column], entries[column]))
                }
                index &+= 2
            }
            if index < order {
                let q = vectors + index &* order
                let c = center[index] * q[row]
                for column in 0...row { entries[column] = multiplyAdd(c, q[column], entries[column]) }
            }
        }
    }

    /// The centre's coordinates `V'x`, four side by side.
    @inline(__always)
    private func rotate(_ x: UnsafeMutablePointer<Lanes>, _ vectors: UnsafeMutablePointer<Lanes>) {
        var index = 0
        while index &+ 4 <= order {
            let q0 = vectors + index &* order
            let (q1, q2, q3) = (q0 + order, q0 + 2 &* order, q0 + 3 &* order)
            var (s0, s1, s2, s3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
            for k in 0..<order {
                let value = x[k]
                s0 = multiplyAdd(q0[k], value, s0)
                s1 = multiplyAdd(q1[k], value, s1)
                s2 = multiplyAdd(q2[k], value, s2)
                s3 = multiplyAdd(q3[k], value, s3)
            }
            center[index] = s0
            center[index &+ 1] = s1
            center[index &+ 2] = s2
            center[index &+ 3] = s3
            index &+= 4
        }
        while index < order {
            let q = vectors + index &* order
            var sum = Lanes.zero
            for k in 0..<order { sum = multiplyAdd(q[k], x[k], sum) }
            center[index] = sum
            index &+= 1
        }
    }

    /// `V y`, four vectors at a time.
    @inline(__always)
    private func rotateBack(
        _ y: UnsafeMutablePointer<Lanes>, _ vectors: UnsafeMutablePointer<Lanes>, into x: UnsafeMutablePointer<Lanes>
    ) {
        for k in 0..<order { x[k] = .zero }
        var index = 0
        while index &+ 4 <= order {
            let q0 = vectors + index &* order
            let (q1, q2, q3) = (q0 + order, q0 + 2 &* order, q0 + 3 &* order)
            let (y0, y1, y2, y3) = (y[index], y[index &+ 1], y[index &+ 2], y[index &+ 3])
            for k in 0..<order {
                let sum = multiplyAdd(y1, q1[k], multiplyAdd(y0, q0[k], x[k]))
                x[k] = multiplyAdd(y3, q3[k], multiplyAdd(y2, q2[k], sum))
            }
            index &+= 4
        }
        while index < order {
            let (q, value) = (vectors + index &* order, y[index])
            for k in 0..<order { x[k] = multiplyAdd(value, q[k], x[k]) }
            index &+= 1
        }
    }
}

/// One column of a pack: its centre, its linear term in the eigenvectors' coordinates, and its threshold.
struct PackColumn<Scalar: LaneScalar> {
    let center: UnsafeMutablePointer<Scalar.Lanes>
    let linear: UnsafeMutablePointer<Scalar.Lanes>
    let threshold: Scalar.Lanes
}

/// What solving one column found, in units of its largest slope.
struct ConvolutionRoot<Lanes: SIMD> where Lanes.Scalar: FloatingPoint {
    /// `||p||` and the threshold; of the squared distance, any number to either side of the threshold.
    let norm: Lanes
    let threshold: Lanes
    let unit: Lanes
    /// The distance from the centre: 0 where the minimiser is the centre. Of the squared distance, 1.
    let root: Lanes

    /// `s`, which the threshold is over the distance.
    var shift: Lanes {
        @inline(__always) get { threshold / root }
    }

    /// `x` where the minimiser is not the centre.
    @inline(__always)
    func outside(_ x: Lanes, else y: Lanes) -> Lanes { select(norm, <=, threshold, y, else: x) }
}
