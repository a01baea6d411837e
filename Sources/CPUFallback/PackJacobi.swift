import Compute

/// Eigenvalues and eigenvectors of the symmetric matrices of one pack, one task a lane, by cyclic Jacobi rotations.
///
/// A lane is rotated only where its own entry is not negligible, so its bits do not depend on its neighbours: a lane
/// that has converged stays as it is while others go on. See Golub and Van Loan, Matrix Computations, section 8.5.
struct PackJacobi<Scalar: LaneScalar> {
    typealias Lanes = Scalar.Lanes

    let order: Int
    /// The lower triangle row by row, which becomes the diagonal of eigenvalues.
    let matrix: UnsafeMutablePointer<Lanes>
    /// Eigenvectors, one behind the other.
    let vectors: UnsafeMutablePointer<Lanes>
    /// Each eigenvalue's place in ascending order.
    let ranks: UnsafeMutablePointer<Lanes>

    /// Vectors of scratch for one pack.
    static func scratchCount(order: Int) -> Int { triangleCount(order) + order * order + order }

    @inline(__always)
    init(order: Int, scratch: UnsafeMutablePointer<Lanes>) {
        self.order = order
        matrix = scratch
        vectors = matrix + triangleCount(order)
        ranks = vectors + order * order
    }

    /// Writes the values, ascending, and their vectors.
    @inline(__always)
    func decompose(
        _ gram: UnsafeMutablePointer<Lanes>, values: UnsafeMutablePointer<Lanes>,
        vectors sorted: UnsafeMutablePointer<Lanes>
    ) {
        let blank = begin(gram)
        for _ in 0..<EigenSystem<CPUBuffer<Scalar>>.sweepLimit {
            if !sweep() { break }
        }
        for place in 0..<order {
            ranks[place] = rank(place)
            normalize(vectors + place * order, blank)
        }
        for place in 0..<order { matrix[diagonal(place)] += blank }
        sort(into: values, sorted)
    }

    @inline(__always)
    private func diagonal(_ place: Int) -> Int { triangleCount(place) &+ place }

    /// Copies the matrices, with 0 in place of those with an entry that is not finite. Returns 0, or NaN for those.
    @inline(__always)
    private func begin(_ gram: UnsafeMutablePointer<Lanes>) -> Lanes {
        var blank = Lanes.zero
        for entry in 0..<triangleCount(order) { blank += gram[entry] - gram[entry] }
        for entry in 0..<triangleCount(order) {
            matrix[entry] = select(blank, ==, .zero, gram[entry], else: .zero)
        }
        for entry in 0..<order * order { vectors[entry] = .zero }
        for place in 0..<order { vectors[place * order + place] = Lanes(repeating: 1) }
        return blank
    }

    /// Rotates every pair of rows once; false when there was nothing to rotate.
    @inline(__always)
    private func sweep() -> Bool {
        var hasRotated = false
        for q in 0..<order {
            for p in 0..<q where rotate(p, q) { hasRotated = true }
        }
        return hasRotated
    }

    /// Makes entry (q, p) zero in the lanes where it is not negligible; false when there is none.
    @inline(__always)
    private func rotate(_ p: Int, _ q: Int) -> Bool {
        let (rowP, rowQ) = (matrix + triangleCount(p), matrix + triangleCount(q))
        let (entry, first, second) = (rowQ[p], rowP[p], rowQ[q])
        let scale = magnitude(first).squareRoot() * magnitude(second).squareRoot()
        let one = Lanes(repeating: 1)
        let active = select(magnitude(entry), >, scale * Scalar.ulpOfOne, one, else: .zero)
        if active == .zero { return false }
        let cotangent = (second - first) / (entry + entry)
        let size = one / (magnitude(cotangent) + multiplyAdd(cotangent, cotangent, one).squareRoot())
        // Elsewhere the angle is 0, and the rotation changes no number.
        let turned = select(cotangent, <, .zero, .zero - size, else: size)
        let tangent = select(active, >, .zero, turned, else: .zero)
        let cosine = one / multiplyAdd(tangent, tangent, one).squareRoot()
        let sine = tangent * cosine
        let rotation = Rotation<Scalar>(sine: sine, halfTangent: sine / (one + cosine))
        rowP[p] = multiplyAdd(.zero - tangent, entry, first)
        rowQ[q] = multiplyAdd(tangent, entry, second)
        rowQ[p] = select(active, >, .zero, .zero, else: entry)
        for k in 0..<p { rotation.turn(&rowP[k], &rowQ[k]) }
        for k in p &+ 1..<q { rotation.turn(&matrix[triangleCount(k) &+ p], &rowQ[k]) }
        for k in q &+ 1..<order {
            let row = matrix + triangleCount(k)
            rotation.turn(&row[p], &row[q])
        }
        let (left, right) = (vectors + p * order, vectors + q * order)
        for k in 0..<order { rotation.turn(&left[k], &right[k]) }
        return true
    }

    /// Gives a vector its sign, and zeros theirs, which a rotation by the angle 0 may have changed.
    @inline(__always)
    private func normalize(_ vector: UnsafeMutablePointer<Lanes>, _ blank: Lanes) {
        var largest = Lanes.zero
        for k in 0..<order { largest = select(magnitude(vector[k]), >, magnitude(largest), vector[k], else: largest) }
        let one = Lanes(repeating: 1)
        let sign = select(largest, <, .zero, .zero - one, else: one) + blank
        for k in 0..<order { vector[k] = multiplyAdd(vector[k], sign, .zero) }
    }

    /// How many eigenvalues come before this one in ascending order.
    @inline(__always)
    private func rank(_ place: Int) -> Lanes {
        let (value, one) = (matrix[diagonal(place)], Lanes(repeating: 1))
        var rank = Lanes.zero
        for other in 0..<order {
            let before = matrix[diagonal(other)]
            rank +=
                other < place
                ? select(before, <=, value, one, else: .zero) : select(before, <, value, one, else: .zero)
        }
        return rank
    }

    /// Writes each lane's values and vectors to their places.
    @inline(__always)
    private func sort(into values: UnsafeMutablePointer<Lanes>, _ sorted: UnsafeMutablePointer<Lanes>) {
        let lanes = Lanes.scalarCount
        for place in 0..<order {
            for lane in 0..<lanes {
                let rank = Int(ranks[place][lane])
                scalars(values)[rank * lanes + lane] = matrix[diagonal(place)][lane]
                let source = scalars(vectors + place * order) + lane
                let destination = scalars(sorted + rank * order) + lane
                for k in 0..<order { destination[k * lanes] = source[k * lanes] }
            }
        }
    }

    @inline(__always)
    private func scalars(_ vectors: UnsafeMutablePointer<Lanes>) -> UnsafeMutablePointer<Scalar> {
        UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Scalar.self)
    }
}

/// A rotation by an angle whose sine and tangent of half are known: accurate also where the angle is small.
private struct Rotation<Scalar: LaneScalar> {
    let sine: Scalar.Lanes
    let halfTangent: Scalar.Lanes

    @inline(__always)
    func turn(_ a: inout Scalar.Lanes, _ b: inout Scalar.Lanes) {
        let (x, y) = (a, b)
        a = multiplyAdd(.zero - sine, multiplyAdd(halfTangent, x, y), x)
        b = multiplyAdd(sine, multiplyAdd(.zero - halfTangent, y, x), y)
    }
}
