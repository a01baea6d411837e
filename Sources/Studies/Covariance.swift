import Compute

/// The covariance of the features, which have mean 0.
enum Covariance: Sendable {
    case identity
    /// `rho^|k - l|`.
    case toeplitz(Double)
    /// `Q diag(first + (last - first) k / (d - 1)) Q'`, with `Q` the identity, or a random rotation of each task.
    case spectrum(first: Double, last: Double, isRotated: Bool)

    /// `covariance = "identity"`, `{ toeplitz = 0.5 }` or `{ spectrum = [1, 5], rotated = true }`.
    init(_ design: inout StudyFields) throws(StudyError) {
        guard let value = design.take("covariance") else {
            self = .identity
            return
        }
        if case .text("identity") = value.content {
            self = .identity
            return
        }
        guard case .table(let table) = value.content else {
            throw design.error(
                value.line,
                "'covariance' is \"identity\", { toeplitz = .. } or { spectrum = [.., ..] }, not \(value.found)")
        }
        var fields = StudyFields(table, name: "'covariance'", file: design.file)
        if table["toeplitz"] != nil {
            self = .toeplitz(try fields.number("toeplitz", in: .oneOrLess))
        } else {
            guard let (values, _) = try fields.list("spectrum", of: "the first and the last eigenvalue"),
                values.count == 2
            else {
                throw design.error(value.line, "'covariance' has 'toeplitz', or 'spectrum', a list of two eigenvalues")
            }
            let ends = (
                try fields.number(values[0], "spectrum", in: .positive),
                try fields.number(values[1], "spectrum", in: .positive)
            )
            self = .spectrum(first: ends.0, last: ends.1, isRotated: try fields.flag("rotated", fallback: false))
        }
        try fields.finish()
    }

    /// Whether every task has a covariance of its own.
    var isRotated: Bool {
        if case .spectrum(_, _, true) = self { return true }
        return false
    }

    /// A root of the covariance: features are it times standard normals.
    ///
    /// - Parameter draws: the task's, for its rotation.
    func root(features: Int, _ draws: inout DrawSequence) -> CovarianceRoot {
        switch self {
        case .identity: return .identity
        case .toeplitz(let rho):
            // The Cholesky factor of an autoregressive process: x_k = rho x_{k-1} + sqrt(1 - rho^2) z_k.
            let step = (1 - rho * rho).squareRoot()
            var rows = Array(repeating: 0.0, count: features * features)
            for row in 0..<features {
                var power = 1.0
                for column in stride(from: row, through: 0, by: -1) {
                    rows[row * features + column] = column == 0 ? power : step * power
                    power *= rho
                }
            }
            return .lower(rows)
        case .spectrum(let first, let last, let isRotated):
            let roots = (0..<features).map { index in
                (first + (last - first) * (features > 1 ? Double(index) / Double(features - 1) : 0)).squareRoot()
            }
            guard isRotated else { return .diagonal(roots) }
            var rows = randomRotation(features, &draws)
            for place in rows.indices { rows[place] *= roots[place % features] }
            return .dense(rows)
        }
    }
}

/// A root `S` of a covariance `S S'`; matrices are row-major.
enum CovarianceRoot: Sendable {
    case identity
    /// Of the identity.
    case multiple(Double)
    case diagonal([Double])
    case lower([Double])
    case dense([Double])

    /// Writes `S v`.
    func multiply(_ vector: UnsafePointer<Double>, count: Int, into product: UnsafeMutablePointer<Double>) {
        switch self {
        case .identity: product.update(from: vector, count: count)
        case .multiple(let factor): for index in 0..<count { product[index] = factor * vector[index] }
        case .diagonal(let roots): for index in 0..<count { product[index] = roots[index] * vector[index] }
        case .lower(let rows), .dense(let rows):
            rows.withUnsafeBufferPointer { rows in
                guard let base = rows.baseAddress else { return }
                for row in 0..<count { product[row] = dot(base + row &* count, vector, count: count) }
            }
        }
    }

    /// `S'v`.
    func transposedProduct(_ vector: ArraySlice<Double>) -> [Double] {
        switch self {
        case .identity: return Array(vector)
        case .multiple(let factor): return vector.map { factor * $0 }
        case .diagonal(let roots): return zip(vector, roots).map { $0 * $1 }
        case .lower(let rows), .dense(let rows):
            let count = vector.count
            var product = Array(repeating: 0.0, count: count)
            for (row, value) in vector.enumerated() {
                for column in 0..<count { product[column] += value * rows[row * count + column] }
            }
            return product
        }
    }
}

/// A matrix of the orthogonal group, all as likely: `Q` of the factors of a matrix of normals, with the signs of `R`'s
/// diagonal moved into it. Row-major.
func randomRotation(_ order: Int, _ draws: inout DrawSequence) -> [Double] {
    // Gram and Schmidt's process on the columns, twice for accuracy; its R has a positive diagonal.
    var columns = (0..<order * order).map { _ in draws.normal() }
    columns.withUnsafeMutableBufferPointer { columns in
        guard let base = columns.baseAddress else { return }
        for k in 0..<order {
            let own = base + k * order
            for _ in 0..<2 {
                for l in 0..<k {
                    let other = base + l * order
                    let product = dot(own, other, count: order)
                    for index in 0..<order { own[index] -= product * other[index] }
                }
            }
            let length = dot(own, own, count: order).squareRoot()
            for index in 0..<order { own[index] /= length }
        }
    }
    return (0..<order * order).map { columns[$0 % order * order + $0 / order] }
}

extension CovarianceRoot {
    /// The root of the covariance times the square of this factor.
    func scaled(by factor: Double) -> CovarianceRoot {
        if factor == 1 { return self }
        return switch self {
        case .identity: .multiple(factor)
        case .multiple(let own): .multiple(factor * own)
        case .diagonal(let roots): .diagonal(roots.map { factor * $0 })
        case .lower(let rows): .lower(rows.map { factor * $0 })
        case .dense(let rows): .dense(rows.map { factor * $0 })
        }
    }
}
