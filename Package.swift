// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"), .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
]
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let http: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")

let package = Package(
    name: "autoimage",
    products: [.executable(name: "autoimage", targets: ["autoimage"])],
    dependencies: [
        // Commands, options and help: Apple's parser, the one Swift tools share.
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        // SHA-256 in assembly, also in debug builds: Apple's binding of BoringSSL.
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        // Host paths and error numbers as types.
        .package(url: "https://github.com/apple/swift-system.git", exact: "1.8.1"),
        // Child processes (apt-get, dpkg-deb) with cancellation.
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", exact: "1.0.2"),
        // HTTP/1.1 and TLS to registries, streamed both ways, with proxies: the client that Swift servers share.
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        // Its buffers and certificates as types; and the scripted registry of the tests.
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        // TOML 1.0 by toml++: pyproject.toml, autoimage.toml, mise.toml.
        .package(url: "https://github.com/LebJe/TOMLKit.git", exact: "0.6.0"),
        // YAML 1.1 by libyaml, with the place of every node: pnpm-lock.yaml, .yarnrc.yml, application.yml. XML needs no
        // package: Foundation's own parser reads pom.xml.
        .package(url: "https://github.com/jpsim/Yams.git", exact: "5.0.1"),
    ],
    targets: [
        // Pure values: no file, process, network, environment or clock.
        .target(
            name: "OCI", dependencies: [.product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),
        .target(
            name: "Formats",
            dependencies: [
                .product(name: "TOMLKit", package: "TOMLKit"), .product(name: "Yams", package: "Yams"),
            ], swiftSettings: strict),
        .target(
            name: "Planning", dependencies: ["OCI"], exclude: ["README.md"], swiftSettings: strict),
        // Knowledge, pure as well.
        .target(
            name: "Detectors", dependencies: ["Formats", "OCI", "Planning"], path: "Detectors",
            exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "BaseImages", dependencies: ["OCI", "Planning"], path: "BaseImages", exclude: ["README.md"],
            resources: [.embedInCode("Catalog")], swiftSettings: strict),
        .target(name: "Proof", dependencies: ["Planning"], swiftSettings: strict),
        // Effects.
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Files", dependencies: ["CZlib", "Planning", system], swiftSettings: strict),
        .target(name: "Images", dependencies: ["CZlib", "Files", "OCI", "Planning", system], swiftSettings: strict),
        .target(
            name: "Registry",
            dependencies: [
                "Files", "Formats", "Images", "OCI", "Planning", http, nio, tls, subprocess, system,
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ], swiftSettings: strict),
        .target(
            name: "DebianBases",
            dependencies: [
                "Files", "Images", "OCI", "Planning", subprocess, system,
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(name: "CSandbox", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-O2"])]),
        .target(
            name: "SandboxEngine", dependencies: ["CSandbox", "CZlib", "Files", "OCI", "Planning", system],
            swiftSettings: strict),
        // The only target that knows everybody.
        .executableTarget(
            name: "autoimage",
            dependencies: [
                "BaseImages", "DebianBases", "Detectors", "Files", "Formats", "Images", "OCI", "Planning", "Proof",
                "Registry", "SandboxEngine", system, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        // Tests: one target a module, named after it.
        .target(
            name: "TestSupport",
            dependencies: [
                "Files", "Images", "OCI", "Planning", nio, tls, .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                subprocess, system,
            ], path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "OCITests", dependencies: ["OCI"], swiftSettings: strict),
        .testTarget(name: "FormatsTests", dependencies: ["Formats"], swiftSettings: strict),
        .testTarget(name: "PlanningTests", dependencies: ["OCI", "Planning"], swiftSettings: strict),
        .testTarget(
            name: "DetectorsTests",
            dependencies: ["BaseImages", "Detectors", "Formats", "OCI", "Planning", "TestSupport", system],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "ProofTests", dependencies: ["Planning", "Proof", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "FilesTests", dependencies: ["Files", "OCI", "Planning", system], swiftSettings: strict
        ),
        .testTarget(
            name: "ImagesTests",
            dependencies: ["CZlib", "Files", "Images", "OCI", "Planning", subprocess, system],
            swiftSettings: strict),
        .testTarget(
            name: "RegistryTests",
            dependencies: ["Files", "Images", "OCI", "Planning", "Registry", "TestSupport", nio, subprocess, system],
            swiftSettings: strict),
        .testTarget(
            name: "DebianBasesTests",
            dependencies: [
                "BaseImages", "DebianBases", "Detectors", "Files", "Images", "OCI", "Planning", subprocess, system,
            ], swiftSettings: strict),
        .testTarget(
            name: "SandboxEngineTests",
            dependencies: ["CZlib", "Files", "OCI", "Planning", "SandboxEngine", "TestSupport", subprocess, system],
            swiftSettings: strict),
        .testTarget(
            name: "AutoimageTests",
            dependencies: ["autoimage", "Files", "Images", "OCI", "Planning", "Registry", "TestSupport", system],
            swiftSettings: strict),
        // Beside skopeo in Tests/Benchmarks/registry.
        .executableTarget(
            name: "RegistryTransfer", dependencies: ["Files", "Images", "OCI", "Registry", system],
            path: "Tests/Benchmarks/RegistryTransfer", swiftSettings: strict),
        .testTarget(
            name: "EndToEnd", dependencies: ["autoimage", "OCI", "Planning", "TestSupport", subprocess, system],
            path: "Tests/EndToEnd", exclude: ["Services"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
