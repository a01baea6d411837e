// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("MemberImportVisibility")]

/// Each kernel text is compiled into the library: nothing has to be found beside the binary.
let kernelTexts: [Resource] = [
    "prelude",
    "gram",
    "triangular",
    "row_vectors",
    "accumulate",
    "residuals",
    "losses",
    "squared",
    "cholesky",
    "least_squares",
    "ridge",
    "matrices",
    "infimal",
    "nets",
    "vectors",
    "sums",
    "quantiles",
    "nearest",
    "simplex",
    "products",
    "random",
    "probe",
].map { .embedInCode("../../kernels/\($0).cl") }

/// The studies behind published figures, as users may read and change them.
let publishedStudies: [Resource] = [
    "molar_fig2", "molar_fig3", "molar_fig7", "molar_fig8", "molar_fig9", "armul_vanilla", "armul_clustered",
    "armul_low_rank",
].map { .embedInCode("../../studies/\($0).toml") }

let package = Package(
    name: "kindred",
    products: [
        .executable(name: "kindred", targets: ["KindredCommand"]),
        .library(name: "Kindred", targets: ["Compute", "CPUFallback", "Engine", "Methods", "Tables"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
    ],
    targets: [
        .target(
            name: "Compute", dependencies: ["CMachine", .product(name: "RealModule", package: "swift-numerics")],
            swiftSettings: strict),
        .target(name: "CPUFallback", dependencies: ["Compute", "CMachine"], swiftSettings: strict),
        .target(name: "COpenCL", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CCLBlast", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CMachine"),
        .target(name: "Kernels", resources: kernelTexts, swiftSettings: strict),
        .target(
            name: "Engine", dependencies: ["Compute", "CPUFallback", "Kernels", "COpenCL", "CCLBlast", "CMachine"],
            swiftSettings: strict),
        .target(
            name: "Methods",
            dependencies: ["Compute", .product(name: "RealModule", package: "swift-numerics")],
            swiftSettings: strict),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Tables", dependencies: ["Compute", "CZlib"], swiftSettings: strict),
        .target(name: "CToml"),
        .target(
            name: "Studies", dependencies: ["Compute", "CToml", "Engine", "Methods", "Tables"],
            resources: publishedStudies, swiftSettings: strict),
        .target(name: "Definitions", dependencies: ["Compute"], path: "Tests/Definitions", swiftSettings: strict),
        .target(name: "Checks", dependencies: ["Compute", "Definitions"], swiftSettings: strict),
        .target(name: "Benchmarks", dependencies: ["Compute", "Methods"], swiftSettings: strict),
        .executableTarget(
            name: "KindredCommand",
            dependencies: [
                "Benchmarks", "Checks", "CMachine", "Engine", "Methods", "Studies", "Tables",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Compute", "CPUFallback", "Definitions", "Engine", "Methods"],
            path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(
            name: "ComputeTests", dependencies: ["Checks", "Compute", "Definitions", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "EngineTests", dependencies: ["Compute", "Kernels", "Engine", "COpenCL", "CMachine"],
            swiftSettings: strict),
        .testTarget(
            name: "MethodsTests", dependencies: ["Compute", "CPUFallback", "Methods", "Definitions", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "FaultTests",
            dependencies: ["Compute", "COpenCL", "Definitions", "Engine", "Methods", "TestSupport"],
            swiftSettings: strict),
        .target(
            name: "ReaderTrials", dependencies: ["Compute", "Tables"], path: "Tests/ReaderTrials",
            swiftSettings: strict),
        .testTarget(name: "TablesTests", dependencies: ["CZlib", "ReaderTrials", "Tables"], swiftSettings: strict),
        .testTarget(
            name: "StudiesTests", dependencies: ["Compute", "CPUFallback", "Engine", "Methods", "Studies", "Tables"],
            swiftSettings: strict),
        .testTarget(name: "CommandTests", dependencies: ["KindredCommand"], swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)

// libFuzzer brings a main function of its own: only scripts/fuzz.sh builds this.
if Context.environment["KINDRED_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["ReaderTrials"], path: "Tests/Fuzz", exclude: ["dictionaries"],
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
