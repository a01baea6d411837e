/// The kernel texts: each is one file of `kernels`, compiled as one program.
package enum KernelProgram: String, CaseIterable, Sendable {
    case accumulate
    case residuals
    case losses
    case cholesky
    case matrices
    case vectors
    case sums
    case quantiles
    case nearest
    case simplex
    case products
    case random
    case probe

    /// The program's text: the prelude's and its own.
    ///
    /// Each part says which file it is, so that a compiler's complaint names the file and line it is about.
    package var source: String {
        Self.part("prelude", PackageResources.prelude_cl) + Self.part(rawValue, bytes)
    }

    private var bytes: [UInt8] {
        switch self {
        case .accumulate: PackageResources.accumulate_cl
        case .residuals: PackageResources.residuals_cl
        case .losses: PackageResources.losses_cl
        case .cholesky: PackageResources.cholesky_cl
        case .matrices: PackageResources.matrices_cl
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
