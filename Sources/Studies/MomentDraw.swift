import Compute

/// Draws the moments of a task's rows without the rows, in time that does not depend on how many there are.
///
/// With features `x = S z`, `z` standard normal, the `n` rows have `X'X = S A A'S'` with Bartlett's lower triangle `A`:
/// below its diagonal are standard normals, on it the roots of chi-square variables of `n, n - 1, ...` degrees. Errors
/// are independent of features: in the coordinates of `A` they are normals `u`, and what is left of their squares is
/// chi-square with `n - d` degrees. So with `F = (S A, (A'S'beta + sigma u)', sigma chi)`, a lower triangle where `S`
/// is one, the joint moments of features and response are `F F'`: exact in distribution. Fewer rows than features leave
/// columns out. Anderson, An Introduction to Multivariate Statistical Analysis, Section 7.2.
struct MomentDraw {
    private let featureCount: Int
    /// `F`, row-major, `featureCount + 1` columns.
    private let rows: UnsafeMutablePointer<Double>
    private let column: UnsafeMutablePointer<Double>
    private let product: UnsafeMutablePointer<Double>

    init(featureCount: Int) {
        self.featureCount = featureCount
        let order = featureCount + 1
        rows = .allocate(capacity: order * order)
        rows.initialize(repeating: 0, count: order * order)
        column = .allocate(capacity: featureCount)
        product = .allocate(capacity: featureCount)
    }

    func deallocate() {
        rows.deallocate()
        column.deallocate()
        product.deallocate()
    }

    /// Writes the joint moments of so many rows: the lower triangle, row by row.
    ///
    /// - Parameters:
    ///   - draws: a sequence of the task's own.
    ///   - deviation: of the errors, which are normal.
    func write(
        rowCount: Int, root: CovarianceRoot, coefficients: ArraySlice<Double>, deviation: Double,
        _ draws: inout DrawSequence, into triangle: UnsafeMutablePointer<Double>
    ) {
        let order = featureCount + 1
        let rank = min(rowCount, featureCount)
        // Bartlett's triangle.
        for row in 0..<featureCount {
            let values = rows + row * order
            for column in 0..<min(row, rank) { values[column] = draws.normal() }
            if row < rank { values[row] = draws.chiSquare(rowCount - row).squareRoot() }
            for column in min(row + 1, rank)..<order { values[column] = 0 }
        }
        let isTriangle = apply(root, rank: rank)
        // The response's row.
        let last = rows + featureCount * order
        last.update(repeating: 0, count: order)
        for (row, coefficient) in coefficients.enumerated() {
            let values = rows + row * order
            for column in 0..<(isTriangle ? min(row + 1, rank) : rank) {
                last[column] += coefficient * values[column]
            }
        }
        for column in 0..<rank { last[column] += deviation * draws.normal() }
        if rowCount > featureCount {
            last[featureCount] = deviation * draws.chiSquare(rowCount - featureCount).squareRoot()
        }
        writeSquares(isTriangle: isTriangle, rank: rank, into: triangle)
    }

    /// Multiplies the triangle from the left.
    ///
    /// - Returns: whether it still is one.
    private func apply(_ root: CovarianceRoot, rank: Int) -> Bool {
        let order = featureCount + 1
        switch root {
        case .identity: return true
        case .multiple, .diagonal:
            for row in 0..<featureCount {
                var factor = 1.0
                if case .diagonal(let roots) = root { factor = roots[row] }
                if case .multiple(let own) = root { factor = own }
                for column in 0..<min(row + 1, rank) { rows[row * order + column] *= factor }
            }
            return true
        case .lower, .dense:
            for place in 0..<rank {
                for row in 0..<featureCount { column[row] = rows[row * order + place] }
                root.multiply(column, count: featureCount, into: product)
                for row in 0..<featureCount { rows[row * order + place] = product[row] }
            }
            if case .lower = root { return true }
            return false
        }
    }

    /// Writes `F F'`.
    private func writeSquares(isTriangle: Bool, rank: Int, into triangle: UnsafeMutablePointer<Double>) {
        let order = featureCount + 1
        var place = 0
        for row in 0..<order {
            let first = rows + row * order
            for column in 0...row {
                let length = column == featureCount ? order : isTriangle ? min(column + 1, rank) : rank
                triangle[place] = dot(first, rows + column * order, count: length)
                place &+= 1
            }
        }
    }
}

/// `x'y`, eight products at a time.
@inline(__always)
func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int) -> Double {
    typealias Lanes = SIMD8<Double>
    let (first, second) = (UnsafeRawPointer(x), UnsafeRawPointer(y))
    var (sums, more) = (Lanes.zero, Lanes.zero)
    var index = 0
    while index &+ 16 <= count {
        let (here, next) = (index &* 8, index &* 8 &+ 64)
        sums = multiplyAdd(
            first.loadUnaligned(fromByteOffset: here, as: Lanes.self),
            second.loadUnaligned(fromByteOffset: here, as: Lanes.self), sums)
        more = multiplyAdd(
            first.loadUnaligned(fromByteOffset: next, as: Lanes.self),
            second.loadUnaligned(fromByteOffset: next, as: Lanes.self), more)
        index &+= 16
    }
    var sum = (sums + more).sum()
    while index < count {
        sum += x[index] * y[index]
        index &+= 1
    }
    return sum
}
