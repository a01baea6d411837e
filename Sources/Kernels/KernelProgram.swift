/// The programs: each is one file of `kernels`, compiled behind the parts that it shares with others.
package enum KernelProgram: String, CaseIterable, Sendable {
    case accumulate
    case residuals
    case losses
    case squared
    case cholesky
    case leastSquares = "least_squares"
    case ridge
    case matrices
    case infimal
    case nets
    case vectors
    case sums
    case quantiles
    case nearest
    case simplex
    case products
    case random
    case probe

    /// The program's text: the prelude, what it shares with other programs, and its own.
    ///
    /// Each part says which file it is, so that a compiler's complaint names the file and line it is about.
    package var source: String {
        Self.part("prelude", PackageResources.prelude_cl) + sharedParts + Self.part(rawValue, bytes)
    }

    private var sharedParts: String {
        let gram = { Self.part("gram", PackageResources.gram_cl) }
        let triangular = { Self.part("triangular", PackageResources.triangular_cl) }
        let rowVectors = { Self.part("row_vectors", PackageResources.row_vectors_cl) }
        return switch self {
        case .accumulate: gram()
        case .cholesky, .ridge: triangular()
        case .leastSquares: gram() + triangular()
        case .losses, .squared: rowVectors()
        default: ""
        }
    }

    private var bytes: [UInt8] {
        switch self {
        case .accumulate: PackageResources.accumulate_cl
        case .residuals: PackageResources.residuals_cl
        case .losses: PackageResources.losses_cl
        case .squared: PackageResources.squared_cl
        case .cholesky: PackageResources.cholesky_cl
        case .leastSquares: PackageResources.least_squares_cl
        case .ridge: PackageResources.ridge_cl
        case .matrices: PackageResources.matrices_cl
        case .infimal: PackageResources.infimal_cl
        case .nets: PackageResources.nets_cl
        case .vectors: PackageResources.vectors_cl
        case .sums: PackageResources.sums_cl
        case .quantiles: PackageResources.quantiles_cl
        case .nearest: PackageResources.nearest_cl
        case .simplex: PackageResources.simplex_cl
        case .products: PackageResources.products_cl
        case .random: PackageResources.random_cl
        case .probe: PackageResources.probe_cl
        }
    }

    private static func part(_ name: String, _ bytes: [UInt8]) -> String {
        "#line 1 \"\(name).cl\"\n" + String(decoding: bytes, as: UTF8.self) + "\n"
    }
}
