// swift-tools-version: 6.2
// The map of the product: targets in reading order, each with what it takes and what it may never import.
// Import rules are enforced by Tests/ArchitectureTests.
import PackageDescription

// MARK: - Packages

let packages: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")

// MARK: - Targets

/// A library target of one layer, with its tests beside it under `Tests/<name>Tests`; what only joins others is tested
/// through the program
/// (ControlAPI, Registry and the programs themselves: EndToEndTests, WorkerTests).
func library(_ layer: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)")
}

func program(_ layer: String, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)")
}

func systemLibrary(_ layer: String, _ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(layer)/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)", resources: resources)
}

let shared: [Target] = [
    library("Shared", "Contracts", [crypto]),
    library("Shared", "Statistics"),
    library("Shared", "EvaluationMetrics", ["Contracts", "Statistics"]),
    library("Shared", "Reports", ["Contracts"]),
    library("Shared", "JSONSchemas", ["Contracts"]),
    library("Shared", "Graders", ["Contracts", "EvaluationMetrics"]),
    library("Shared", "GoldenSets", ["Contracts", "EvaluationMetrics", "JSONSchemas", "Platform"]),
    .target(name: "CPlatform", path: "Sources/Shared/CPlatform"),
    library("Shared", "Platform", ["CPlatform", crypto, system]),
    systemLibrary("Shared", "CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    systemLibrary("Shared", "CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    library("Shared", "Compression", ["CZstd", "CZlib"]),
    library("Shared", "JSONText", ["Contracts"]),
    library("Shared", "RowFiles", ["Compression", "Contracts", "JSONText", "Platform"]),
    library("Shared", "RowFormats", ["Compression", "Contracts", "JSONText", "Platform", crypto]),
    library("Shared", "Settings", ["Contracts", "Graders", "Platform", toml]),
    systemLibrary("Shared", "CSystemd", pkgConfig: "libsystemd", apt: "libsystemd-dev"),
    library("Shared", "Systemd", ["CSystemd", logging]),
]

let stage: [Target.Dependency] = [
    "Contracts", "Ledger", "Platform", "RowFiles", "Settings", "Stages", lifecycle, logging,
]

let daemon: [Target] = [
    library("Daemon", "Ledger", ["Contracts", "Platform", crypto, grdb, grdbSQLite]),
    library(
        "Daemon", "Stages",
        ["Compression", "Contracts", "GoldenSets", "JSONText", "Ledger", "Platform", "RowFiles", "Settings", logging]),
    library("Daemon", "Registry", stage + ["Supervision"]),
    library("Daemon", "Intake", stage + ["Compression", "JSONText", "RowFormats"]),
    library("Daemon", "DataQuality", ["Contracts", "Statistics"]),
    library("Daemon", "Datasets", stage + ["DataQuality", "JSONText", "RowFormats", "Statistics", "Supervision"]),
    library("Daemon", "Scheduling", stage),
    library("Daemon", "Experiments", stage + ["RowFormats", "Statistics", "Supervision"]),
    library("Daemon", "Supervision", stage + [subprocess, system]),
    library("Daemon", "Gating", stage + ["EvaluationMetrics", "GoldenSets", "Graders", "JSONSchemas", "Statistics"]),
    library("Daemon", "Promotion", stage),
    library("Daemon", "Delivery", stage + ["GoldenSets", "Supervision", asyncHTTPClient, crypto, nio]),
    library("Daemon", "ControlAPI", stage + ["Reports", hummingbird, nio, nioPosix]),
    program(
        "Daemon", "finetuned",
        stage + [
            "Registry", "Intake", "Datasets", "Scheduling", "Experiments", "Supervision", "Gating", "Promotion",
            "Delivery",
            "ControlAPI", "EvaluationMetrics", "GoldenSets", "JSONSchemas", "Reports", "Systemd", argumentParser,
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ]),
]

let worker: [Target] = [
    systemLibrary("Worker", "COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    .target(
        name: "CKernels", path: "Sources/Worker/CKernels",
        // C targets are -O0 in debug builds, in which the kernels would be some 40 times slower.
        cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
    library("Worker", "Tensors", ["CKernels", "COpenBLAS"]),
    library("Worker", "WeightFiles", ["CKernels", "Tensors", crypto]),
    library("Worker", "Tokenization"),
    library("Worker", "ChatTemplates"),
    library("Worker", "Encoding", ["Tokenization", "ChatTemplates"]),
    library("Worker", "TokenizerFiles", ["Tokenization", "ChatTemplates", "WeightFiles"]),
    library("Worker", "Transformers", ["CKernels", "Tensors", "WeightFiles"]),
    library("Worker", "Generation", ["CKernels", "Tensors", "Tokenization", "Transformers"]),
    library("Worker", "Training", ["CKernels", "Contracts", "Tensors", "Transformers", "WeightFiles"]),
    library(
        "Worker", "Evaluation",
        [
            "Contracts", "Platform", "EvaluationMetrics", "Encoding", "Generation", "Tokenization", "Training",
            "Transformers",
        ]),
    library(
        "Worker", "Exporting",
        [
            "Contracts", "Platform", "Tensors", "WeightFiles", "Tokenization", "TokenizerFiles", "ChatTemplates",
            "Transformers", "Training",
        ]),
    program(
        "Worker", "finetune-worker",
        [
            "Contracts", "JSONText", "Platform", "RowFiles", "Training", "Evaluation", "Exporting", "Generation",
            "Transformers",
            "WeightFiles", "Tokenization", "TokenizerFiles", "ChatTemplates", "Encoding", "EvaluationMetrics",
            "Tensors", crypto,
        ]),
]

let commandLine: [Target] = [
    library(
        "CLI", "ControlClient",
        [
            "Contracts", asyncHTTPClient, nio, .product(name: "NIOFoundationCompat", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ]),
    program(
        "CLI", "ftctl",
        [
            "Contracts", "ControlClient", "JSONText", "Platform", "Reports", "RowFiles", "RowFormats", "Settings",
            argumentParser,
        ]),
]

let testTargets: [Target] = [
    .target(name: "TestSupport", dependencies: ["Contracts", "Platform"], path: "Tests/TestSupport"),
    tests("ArchitectureTests", []),
    .executableTarget(
        name: "fake-worker", dependencies: ["Contracts", "Platform", "Compression"], path: "Tests/FakeWorker"),
    tests("CrashTests", ["Compression", "Contracts", "Ledger", "Platform", "RowFiles", "Stages"]),
    tests("LedgerTests", ["Contracts", "Ledger", grdb]),
    tests(
        "SchedulingTests", ["Contracts", "Ledger", "Platform", "RowFiles", "Scheduling", "Settings", "Stages", logging]),
    tests("StagesTests", ["Contracts", "RowFiles", "Stages"]),
    tests("ControlClientTests", ["Contracts", "ControlClient"]),
    tests("CompressionTests", ["Compression"]),
    tests("JSONTextTests", ["Contracts", "JSONText"]),
    tests("TensorsTests", ["CKernels", "Tensors"]),
    tests("RowFilesTests", ["Compression", "Contracts", "JSONText", "RowFiles"]),
    tests("RowFormatsTests", ["Compression", "Contracts", "JSONText", "RowFormats"]),
    tests(
        "IntakeTests",
        [
            "Compression", "Contracts", "Intake", "JSONText", "Ledger", "Platform", "RowFiles", "RowFormats",
            "Settings", "Stages", logging,
        ]),
    tests("DataQualityTests", ["Contracts", "DataQuality"]),
    tests(
        "DatasetsTests",
        [
            "Compression", "JSONText", "Contracts", "DataQuality", "Datasets", "Ledger", "Platform", "RowFiles",
            "RowFormats", "Settings", "Stages", "Supervision", logging,
        ]),
    tests("SupervisionTests", ["Contracts", "Platform", "Supervision"]),
    tests("PromotionTests", ["Contracts", "Ledger", "Platform", "Promotion", "Settings", "Stages", logging]),
    tests(
        "DeliveryTests",
        [
            asyncHTTPClient,
            "Contracts", "Delivery", "Ledger", "Platform", "Promotion", "Settings", "Stages", "Supervision", logging,
        ]),
    tests("ContractsTests", ["Contracts"]),
    tests("PlatformTests", ["Platform"]),
    tests("SettingsTests", ["Contracts", "Platform", "Settings"]),
    tests("EndToEndTests", ["Contracts"]),
    tests("SystemdUnitTests", ["Systemd", logging]),
    tests("SystemdTests", ["Systemd", "Contracts", logging]),
    tests(
        "TrainingTests",
        [
            "ChatTemplates", "Encoding", "Tokenization", "Contracts", "Tensors", "Training", "Transformers",
            "WeightFiles",
        ]),
    tests("TransformersTests", ["Transformers", "Tensors", "WeightFiles"]),
    tests("TokenizationTests", ["Tokenization", "TokenizerFiles", "TextFuzzing"]),
    tests("TokenizerFilesTests", ["ChatTemplates", "Tokenization", "TokenizerFiles", "WeightFiles"]),
    tests("ChatTemplatesTests", ["ChatTemplates", "TextFuzzing"]),
    tests("EncodingTests", ["Encoding", "Tokenization", "ChatTemplates", "TokenizerFiles"]),
    .target(name: "TextFuzzing", dependencies: ["Tokenization", "ChatTemplates"], path: "Tests/TextFuzzing"),
    .executableTarget(
        name: "text-probe",
        dependencies: ["Tokenization", "ChatTemplates", "Encoding", "TokenizerFiles", "TextFuzzing"],
        path: "Tests/TextProbe"),
    .target(name: "Mutation", path: "Tests/Mutation"),
    .executableTarget(
        name: "fuzz-weights", dependencies: ["Mutation", "WeightFiles", "Tensors"], path: "Tests/FuzzWeights"),
    tests("WorkerTests", ["Contracts", "Platform"]),
    tests("EvaluationTests", ["Evaluation", "Tensors", "Transformers", "WeightFiles"]),
    tests("ExportingTests", ["Exporting", "Tensors", "Tokenization", "Transformers", "WeightFiles"]),
    tests("GenerationTests", ["Generation", "Tensors", "Transformers", "WeightFiles"]),
    tests("WeightFilesTests", ["CKernels", "Mutation", "Tensors", "WeightFiles"]),
    .executableTarget(
        name: "bench-false-promotion", dependencies: ["Gating", "Contracts", "Settings", "Statistics"],
        path: "Benchmarks/false-promotion"),
    .executableTarget(
        name: "bench-ingest", dependencies: ["Contracts", "JSONText", "Platform", "RowFormats"],
        path: "Benchmarks/ingest",
        exclude: ["run.py", "peer.py", "simdjson.cpp"]),
    .executableTarget(
        name: "bench-experiments", dependencies: ["Contracts", "Experiments"], path: "Benchmarks/experiments/replay"),
    .executableTarget(name: "bench-kernels", dependencies: ["CKernels", "Tensors"], path: "Benchmarks/kernels"),
    tests("StatisticsTests", ["Statistics"]),
    tests(
        "ExperimentsTests",
        ["Contracts", "Experiments", "Ledger", "Platform", "Settings", "Stages", "Supervision", logging]),
    tests("EvaluationMetricsTests", ["Contracts", "EvaluationMetrics"]),
    tests(
        "GatingTests",
        ["Gating", "Contracts", "EvaluationMetrics", "GoldenSets", "JSONSchemas", "Settings", "Statistics"]),
    tests("ReportsTests", ["Reports", "Contracts"]),
    tests("JSONSchemasTests", ["Contracts", "JSONSchemas"]),
    tests("GradersTests", ["Contracts", "Graders"]),
    tests("GoldenSetsTests", ["Contracts", "GoldenSets"]),
]

let package = Package(
    name: "finetuned",
    products: [
        .executable(name: "finetuned", targets: ["finetuned"]),
        .executable(name: "finetune-worker", targets: ["finetune-worker"]),
        .executable(name: "ftctl", targets: ["ftctl"]),
    ],
    dependencies: packages,
    targets: shared + daemon + worker + commandLine + testTargets,
    cxxLanguageStandard: .cxx17
)
