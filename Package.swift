// swift-tools-version: 6.1
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "weightbridge",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Weightbridge", targets: ["Weightbridge"]),
        .executable(name: "weightbridge", targets: ["Tool"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        // The three C libraries that the package stands on.
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"]), .brew(["protobuf-c"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
        .target(name: "COnnx", dependencies: ["CProtobufC"]),
        .target(name: "CKernels"),

        // Lowest first; each may import only what stands above it.
        .target(name: "GraphIR", dependencies: [collections]),
        .target(name: "Formats", dependencies: ["GraphIR", "COnnx", "CProtobufC", "CZlib", collections]),
        .target(name: "Images", dependencies: ["GraphIR", "CZlib"]),
        .target(
            name: "Operators", dependencies: ["GraphIR", "Images", "CKernels", "COpenBLAS", collections],
            exclude: ["README.md"]),
        .target(
            name: "Execution", dependencies: ["GraphIR", "Operators", collections],
            exclude: ["Inference/README.md", "Opset/README.md"]),
        .target(name: "Parity", dependencies: ["GraphIR", "Formats", "Execution", "Operators", collections]),
        .target(
            name: "Architectures", dependencies: ["GraphIR", "Formats", collections], exclude: ["README.md"]),
        .target(
            name: "ExportedPrograms",
            dependencies: ["GraphIR", "Formats", "Operators", "Execution", "Architectures", collections],
            exclude: ["README.md"]),
        .target(name: "CAtlas", exclude: ["atlas.zip", "NOTICE"]),
        .target(
            name: "Atlas", dependencies: ["GraphIR", "Formats", "Architectures", "ExportedPrograms", "CAtlas"],
            exclude: ["README.md"]),
        .target(
            name: "Weightbridge",
            dependencies: [
                "GraphIR", "Formats", "Images", "Operators", "Execution", "Parity", "Architectures",
                "ExportedPrograms", "Atlas", collections, crypto,
            ]),
        .executableTarget(name: "Tool", dependencies: ["Weightbridge", argumentParser]),
        .target(name: "Examples", dependencies: ["Weightbridge"], path: "Examples"),

        .testTarget(name: "GraphIRTests", dependencies: ["GraphIR"]),
        .testTarget(name: "ImagesTests", dependencies: ["Images", "GraphIR"]),
        .testTarget(name: "FormatsTests", dependencies: ["Formats", "GraphIR"]),
        .testTarget(
            name: "OperatorsTests",
            dependencies: ["Operators", "Execution", "GraphIR", "Formats", "CKernels", collections]),
        .testTarget(
            name: "ArchitecturesTests", dependencies: ["Architectures", "Execution", "GraphIR", "Formats", "Examples"]),
        .testTarget(
            name: "ExportedProgramsTests",
            dependencies: ["ExportedPrograms", "Execution", "GraphIR", "Formats"]),
        .testTarget(
            name: "AtlasTests",
            dependencies: ["Atlas", "Architectures", "Execution", "Parity", "GraphIR", "Formats"]),
        .testTarget(name: "WeightbridgeTests", dependencies: ["Weightbridge", "Examples"]),
        .testTarget(name: "ToolTests", dependencies: ["Tool", "Weightbridge"]),
    ],
    swiftLanguageModes: [.v6]
)
