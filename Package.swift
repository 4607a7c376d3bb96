// swift-tools-version: 6.2
// The map of the product: targets in reading order, each with what it takes and what it may never import.
// Import rules are enforced by Tests/ArchitectureTests.
import PackageDescription

// MARK: - Packages

let packages: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")

// MARK: - Targets

/// A library target of one layer, with its tests beside it under `Tests/<name>Tests`; what only joins others is tested
/// through the program (ControlAPI, Registry and the programs themselves: EndToEndTests, WorkerTests).
func library(_ layer: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)")
}

/// A program that is installed: without unwind tables, which were a fifth of it (tools/link.ld), by the linker that can
/// leave out some of them.
func program(
    _ layer: String, _ name: String, _ dependencies: [Target.Dependency], swiftSettings: [SwiftSetting] = []
) -> Target {
    let script = "\(Context.packageDirectory)/tools/link.ld"
    return .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", swiftSettings: swiftSettings,
        linkerSettings: [
            .unsafeFlags(["-use-ld=bfd", "-Xlinker", "-T", "-Xlinker", script], .when(configuration: .release))
        ])
}

func systemLibrary(_ layer: String, _ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(layer)/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// - Parameters:
///   - golden: whether it has golden texts, in its folder `Golden`.
///   - computes: whether the tests themselves compute so much that they are optimized as well, as what they test is.
func tests(
    _ name: String, _ dependencies: [Target.Dependency] = [], golden: Bool = false, computes: Bool = false
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)",
        exclude: golden ? ["Golden"] : [],
        // Half of the time that tests take to compile.
        swiftSettings: computes ? [] : [.unsafeFlags(["-Onone"], .when(configuration: .release))])
}

let shared: [Target] = [
    .target(name: "CPlatform", path: "Sources/Shared/CPlatform"),
    systemLibrary("Shared", "CLibcrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    systemLibrary("Shared", "CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    systemLibrary("Shared", "CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    // Takes the headers alone of libcurl4-openssl-dev: the library is opened when it is first needed.
    .target(name: "CCurl", path: "Sources/Shared/CCurl"),
    library("Shared", "Curl", ["CCurl"]),
    library("Shared", "Nouns"),
    library("Shared", "WorkerProtocol", ["Nouns", "Places"]),
    library("Shared", "ControlProtocol", ["JSONText", "Nouns", "WorkerProtocol"]),
    library("Shared", "Statistics"),
    library("Shared", "EvaluationMetrics", ["Nouns", "Statistics"]),
    library("Shared", "Reports", ["ControlProtocol", "EvaluationMetrics", "Nouns", "Platform"]),
    library("Shared", "Graders", ["EvaluationMetrics", "Nouns"]),
    library("Shared", "Platform", ["CLibcrypto", "CPlatform"]),
    library("Shared", "ControlGroups", ["Nouns", "Platform"]),
    library("Shared", "Places", ["Nouns"]),
    library("Shared", "Compression", ["CZlib", "CZstd"]),
    library("Shared", "JSONText", ["Nouns"]),
    library("Shared", "RowFiles", ["Compression", "JSONText", "Nouns", "Platform"]),
    library("Shared", "RowFormats", ["Compression", "JSONText", "Nouns", "Platform"]),
    library("Shared", "Settings", ["Graders", "Nouns", "Places", "Platform", "WorkerProtocol", toml]),
]

let daemon: [Target] = [
    systemLibrary("Daemon", "CSystemd", pkgConfig: "libsystemd", apt: "libsystemd-dev"),
    library("Daemon", "Systemd", ["CSystemd", "Platform", logging]),
    library("Daemon", "Ledger", ["Nouns", "Platform", grdb, grdbSQLite]),
    library("Daemon", "Monitoring"),
    library(
        "Daemon", "StageKit",
        [
            "Compression", "ControlProtocol", "Ledger", "Monitoring", "Nouns", "Places", "Platform", "Settings",
            "WorkerProtocol",
            lifecycle, logging,
        ]),
    library("Daemon", "JSONSchemas", ["EvaluationMetrics", "Nouns"]),
    library(
        "Daemon", "GoldenSets", ["EvaluationMetrics", "JSONSchemas", "JSONText", "Nouns", "Platform", "RowFormats"]),
    library(
        "Daemon", "Judged",
        [
            "EvaluationMetrics", "GoldenSets", "Ledger", "Nouns", "Platform", "Settings", "StageKit", "WorkerProtocol",
        ]),
    library(
        "Daemon", "Launching",
        [
            "ControlGroups", "Monitoring", "Nouns", "Places", "Platform", "Settings", "WorkerProtocol", subprocess,
            system,
        ]),
    library(
        "Daemon", "EngineChecks", ["Launching", "Nouns", "Places", "Platform", "Settings", "WorkerProtocol"]),
    library(
        "Daemon", "Registry",
        ["ControlProtocol", "Launching", "Ledger", "Nouns", "Platform", "StageKit", "WorkerProtocol"]),
    library("Daemon", "Parquet", ["Compression", "Launching", "Nouns", "Platform", "RowFormats"]),
    library(
        "Daemon", "Intake",
        [
            "Compression", "ControlProtocol", "JSONText", "Launching", "Ledger", "Monitoring", "Nouns", "Parquet",
            "Places", "Platform", "Reports", "RowFormats", "Settings", "StageKit", lifecycle,
        ]),
    library("Daemon", "DataQuality", ["Nouns", "RowFormats", "Settings", "Statistics"]),
    library(
        "Daemon", "Datasets",
        [
            "ControlProtocol", "DataQuality", "JSONText", "Launching", "Ledger", "Monitoring", "Nouns", "Platform",
            "Reports", "RowFiles",
            "RowFormats", "Settings", "StageKit", "WorkerProtocol", lifecycle, logging,
        ]),
    library(
        "Daemon", "Scheduling",
        [
            "DataQuality", "Judged", "Ledger", "Nouns", "Platform", "Reports", "RowFiles", "Settings", "StageKit",
            "Statistics",
            lifecycle,
        ]),
    library(
        "Daemon", "Prequential",
        [
            "EvaluationMetrics", "Judged", "Launching", "Ledger", "Nouns", "Platform", "RowFiles", "Settings",
            "StageKit", "Statistics", "WorkerProtocol", lifecycle,
        ]),
    library(
        "Daemon", "Experiments",
        [
            "ControlProtocol", "Judged", "Launching", "Ledger", "Nouns", "Places", "Platform", "Reports", "RowFiles",
            "RowFormats",
            "Settings", "StageKit", "Statistics", "WorkerProtocol", lifecycle,
        ]),
    library(
        "Daemon", "Supervision",
        [
            "ControlGroups", "Judged", "Launching", "Ledger", "Monitoring", "Nouns", "Platform", "Reports", "Settings",
            "StageKit", "WorkerProtocol", lifecycle,
        ]),
    library(
        "Daemon", "Gating",
        [
            "EvaluationMetrics", "GoldenSets", "Graders", "JSONSchemas", "Judged", "Ledger", "Nouns", "Platform",
            "Reports", "RowFiles", "Settings", "StageKit", "Statistics", "WorkerProtocol", lifecycle,
        ]),
    library(
        "Daemon", "Promotion",
        [
            "ControlProtocol", "EvaluationMetrics", "Judged", "Ledger", "Monitoring", "Nouns", "Platform", "Settings",
            "StageKit", lifecycle,
        ]),
    library(
        "Daemon", "Soundness", ["ControlProtocol", "Ledger", "Nouns", "Platform", "StageKit", lifecycle]),
    library(
        "Daemon", "Serving",
        [
            "Launching", "Ledger", "Monitoring", "Nouns", "Places", "Platform", "Settings", "StageKit",
            "WorkerProtocol", lifecycle, logging,
        ]),
    library(
        "Daemon", "Delivery",
        [
            "CCurl", "Curl", "GoldenSets", "Judged", "Launching", "Ledger", "Monitoring", "Nouns", "Platform",
            "Settings",
            "StageKit",
            "WorkerProtocol", lifecycle,
        ]),
    library(
        "Daemon", "Feedback",
        [
            "ControlProtocol", "DataQuality", "Ledger", "Monitoring", "Nouns", "Places", "Platform", "Settings",
            "StageKit", "Statistics", lifecycle,
        ]),
    library("Daemon", "Multipart"),
    library("Daemon", "Packs", ["Nouns", "Platform"]),
    systemLibrary("Daemon", "CLibssl", pkgConfig: "libssl", apt: "libssl-dev"),
    library("Daemon", "TransportSecurity", ["CLibssl", "Nouns", nio]),
    library(
        "Daemon", "Operations",
        [
            "ControlProtocol", "Datasets", "Delivery", "EngineChecks", "EvaluationMetrics", "Experiments", "Feedback",
            "Gating", "GoldenSets", "Intake", "JSONSchemas", "Judged", "Launching", "Ledger", "Monitoring", "Multipart",
            "Nouns", "Packs", "Platform", "Promotion", "Registry", "Reports", "RowFormats", "Scheduling",
            "Serving", "Settings", "Soundness",
            "StageKit", "Statistics", "Supervision", "WorkerProtocol", lifecycle, logging,
        ]),
    library(
        "Daemon", "WireAPI",
        [
            "ControlProtocol", "EvaluationMetrics", "Feedback", "Graders", "Ledger", "Nouns", "Promotion", "Serving",
            "Settings",
            "StageKit", "Supervision",
            "WorkerProtocol",
        ]),
    library(
        "Daemon", "ControlAPI",
        [
            "ControlProtocol", "Monitoring", "Nouns", "Operations", "Platform", "Reports", "Settings", "StageKit",
            "TransportSecurity", "WireAPI", httpTypes, hummingbirdCore, lifecycle, logging, nio, nioHTTP, nioHTTPTypes,
            nioPosix,
        ]),
    program(
        "Daemon", "finetuned",
        [
            "ControlAPI", "ControlGroups", "Datasets", "Delivery", "Experiments", "Feedback", "Gating", "Intake",
            "Launching", "Ledger", "Monitoring",
            "Nouns", "Operations", "Places", "Platform", "Prequential", "Promotion", "Registry", "Reports",
            "Scheduling",
            "Serving", "Settings", "Soundness", "StageKit", "Supervision", "Systemd", "WireAPI", argumentParser,
            lifecycle, logging, signals,
        ]),
]

let worker: [Target] = [
    systemLibrary("Worker", "COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    .target(
        name: "CKernels", path: "Sources/Worker/CKernels",
        // C targets are -O0 in debug builds, in which the kernels would be some 40 times slower.
        cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
    library("Worker", "Tensors", ["CKernels", "COpenBLAS"]),
    library("Worker", "JSONDocument"),
    library("Worker", "WeightFiles", ["CKernels", "JSONDocument", "Tensors"]),
    library("Worker", "Tokenization", ["JSONDocument"]),
    library("Worker", "ChatTemplates"),
    library("Worker", "Encoding", ["ChatTemplates", "Tokenization"]),
    library("Worker", "Transformers", ["CKernels", "JSONDocument", "Tensors", "WeightFiles"]),
    library(
        "Worker", "ModelLoading",
        [
            "ChatTemplates", "Encoding", "JSONDocument", "JSONText", "Nouns", "Platform", "RowFiles", "Tensors",
            "Tokenization", "Transformers", "WeightFiles",
        ]),
    library("Worker", "Generation", ["CKernels", "Tensors", "Transformers"]),
    library(
        "Worker", "Inference",
        [
            "CKernels", "Encoding", "Generation", "ModelLoading", "Nouns", "Platform", "Tensors", "Tokenization",
            "Transformers", "WorkerProtocol",
        ]),
    library("Worker", "Training", ["CKernels", "Nouns", "Tensors", "Transformers", "WeightFiles"]),
    library("Worker", "Yardstick"),
    library(
        "Worker", "Evaluation",
        [
            "Encoding", "EvaluationMetrics", "Generation", "ModelLoading", "Nouns", "Platform", "Transformers",
            "WeightFiles", "WorkerProtocol", "Yardstick",
        ]),
    library(
        "Worker", "Exporting", ["ModelLoading", "Nouns", "Tensors", "Tokenization", "Transformers", "WeightFiles"]),
    program(
        "Worker", "finetune-worker",
        [
            "ChatTemplates", "Encoding", "Evaluation", "Exporting", "Generation", "Inference", "JSONText",
            "ModelLoading", "Nouns", "Places", "Platform", "RowFiles", "Tensors", "Tokenization", "Training",
            "Transformers", "WeightFiles", "WorkerProtocol",
        ]),
]

let commandLine: [Target] = [
    systemLibrary("CLI", "CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    library("CLI", "ControlClient", ["ControlProtocol", "Nouns"]),
    library("CLI", "Backups", ["ControlProtocol", "Nouns", "Places", "Platform"]),
    library("CLI", "Doctor", ["ControlGroups", "Nouns", "Places", "Platform", "Settings"]),
    library("CLI", "HubClient", ["CCurl", "Curl", "Nouns"]),
    program(
        "CLI", "ftctl",
        [
            "Backups", "CSQLite", "ControlClient", "ControlProtocol", "Doctor", "HubClient", "JSONText", "Nouns",
            "Places", "Platform", "Reports", "RowFiles", "RowFormats", "Settings", "WorkerProtocol", argumentParser,
        ],
        // It asks and prints: compiled for size, which takes three quarters of the time.
        swiftSettings: [.unsafeFlags(["-Osize"], .when(configuration: .release))]),
]

let testTargets: [Target] = [
    .target(name: "TestSupport", dependencies: ["Nouns", "Places"], path: "Tests/TestSupport"),
    .target(
        name: "OperationsScene",
        dependencies: [
            "ControlProtocol", "Datasets", "Delivery", "Experiments", "Intake", "Launching", "Ledger", "Nouns",
            "Operations", "Platform", "Promotion", "Registry", "Scheduling", "Serving", "Settings", "Soundness",
            "StageKit", "Supervision",
            "TestSupport", "WireAPI", "WorkerProtocol", logging,
        ], path: "Tests/OperationsScene"),
    .target(name: "ImitatedKernel", dependencies: ["ControlGroups", "Platform"], path: "Tests/ImitatedKernel"),
    .target(name: "TextFuzzing", dependencies: ["ChatTemplates", "Tokenization"], path: "Tests/TextFuzzing"),
    .target(name: "Mutation", path: "Tests/Mutation"),
    .target(name: "PromotionStreams", dependencies: ["Gating", "Statistics"], path: "Tests/PromotionStreams"),
    .executableTarget(
        name: "fake-worker", dependencies: ["Compression", "Nouns", "Places", "Platform", "WorkerProtocol"],
        path: "Tests/FakeWorker"),
    .executableTarget(
        name: "text-probe",
        dependencies: ["ChatTemplates", "Encoding", "ModelLoading", "TextFuzzing", "Tokenization"],
        path: "Tests/TextProbe"),
    .executableTarget(
        name: "fuzz-weights", dependencies: ["JSONDocument", "Multipart", "Tensors", "WeightFiles", "Mutation"],
        path: "Tests/FuzzWeights"),
    tests("ArchitectureTests", computes: true),
    tests("ChatTemplatesTests", ["ChatTemplates", "TextFuzzing"]),
    tests("CompressionTests", ["Compression"], computes: true),
    tests(
        "ControlAPITests",
        [
            "ControlAPI", "ControlClient", "ControlProtocol", "EvaluationMetrics", "Ledger", "Monitoring", "Nouns",
            "OperationsScene",
            "Platform", "RowFiles", "RowFormats", "Serving", "Settings", "StageKit", "WorkerProtocol", httpTypes,
            hummingbirdCore, lifecycle, logging, nio,
        ], golden: true),
    tests("ControlGroupsTests", ["ControlGroups", "ImitatedKernel", "Nouns"]),
    tests("ControlClientTests", ["ControlClient", "ControlProtocol", "Nouns"]),
    tests("CrashTests", ["Compression", "Ledger", "Nouns", "Platform", "RowFiles", "StageKit"]),
    tests("DataQualityTests", ["DataQuality", "Nouns"], computes: true),
    tests(
        "DatasetsTests",
        [
            "Compression", "ControlProtocol", "DataQuality", "Datasets", "JSONText", "Launching", "Ledger", "Nouns",
            "Platform", "RowFiles", "RowFormats", "Settings", "StageKit", "WorkerProtocol", logging,
        ],
        golden: true, computes: true),
    tests(
        "DeliveryTests",
        [
            "Delivery", "JSONSchemas", "Launching", "Ledger", "Nouns", "Platform", "Promotion", "Settings", "StageKit",
            "WorkerProtocol", logging,
        ]),
    tests("EncodingTests", ["ChatTemplates", "Encoding", "ModelLoading", "Tokenization"]),
    tests("EndToEndTests", ["ControlProtocol", "Nouns", "Platform"], golden: true),
    tests("YardstickTests", ["Yardstick"], computes: true),
    tests("EvaluationMetricsTests", ["EvaluationMetrics", "Nouns"], computes: true),
    tests(
        "EvaluationTests",
        [
            "Evaluation", "ModelLoading", "Nouns", "Platform", "Tensors", "Transformers", "WeightFiles",
            "WorkerProtocol",
        ], computes: true),
    tests(
        "ExperimentsTests",
        [
            "ControlProtocol", "Experiments", "Launching", "Ledger", "Nouns", "Platform", "Settings", "StageKit",
            "WorkerProtocol", logging,
        ]),
    tests(
        "ExportingTests",
        ["Exporting", "ModelLoading", "Nouns", "Platform", "Tensors", "Tokenization", "Transformers", "WeightFiles"],
        golden: true, computes: true),
    tests(
        "FtctlTests",
        [
            "Backups", "CSQLite", "ControlProtocol", "Doctor", "HubClient", "Nouns", "Reports", "WorkerProtocol",
            "ftctl", argumentParser,
        ],
        golden: true),
    tests(
        "GatingTests",
        [
            "EvaluationMetrics", "Gating", "GoldenSets", "Graders", "JSONSchemas", "Judged", "Ledger", "Nouns",
            "Platform", "PromotionStreams", "Settings", "StageKit", "Statistics", "WorkerProtocol", logging,
        ],
        golden: true, computes: true),
    tests("HubClientTests", ["HubClient", "Nouns"]),
    tests(
        "InferenceTests",
        [
            "Generation", "Inference", "ModelLoading", "Nouns", "Tensors", "Transformers", "WeightFiles",
            "WorkerProtocol",
        ], computes: true),
    tests("GenerationTests", ["Generation", "Tensors", "Transformers", "WeightFiles"], computes: true),
    tests("GoldenSetsTests", ["GoldenSets", "Nouns"]),
    tests("GradersTests", ["Graders", "Nouns"]),
    tests(
        "IntakeTests",
        [
            "Compression", "Intake", "JSONText", "Ledger", "Nouns", "Parquet", "Platform", "RowFiles", "RowFormats",
            "Settings", "StageKit", logging,
        ],
        golden: true),
    tests("PacksTests", ["Nouns", "Packs", "Platform"]),
    tests("BackupsTests", ["Backups", "ControlProtocol", "Nouns", "Places", "Platform"]),
    tests("DoctorTests", ["Doctor", "Nouns", "Places", "Settings"]),
    tests("ParquetTests", ["Parquet"], golden: true),
    tests("FaultTests", ["ControlProtocol", "Nouns", "Platform"]),
    tests("JSONDocumentTests", ["JSONDocument"]),
    tests("JSONSchemasTests", ["JSONSchemas", "Nouns"]),
    tests("JSONTextTests", ["JSONText", "Nouns"]),
    tests(
        "JudgedTests",
        [
            "Gating", "Judged", "Launching", "Ledger", "Nouns", "Platform", "Promotion", "Settings", "StageKit",
            "Supervision", "WorkerProtocol", logging,
        ]),
    tests("EngineChecksTests", ["EngineChecks", "Launching", "Nouns", "Settings"]),
    tests(
        "LaunchingTests",
        [
            "ControlGroups", "ImitatedKernel", "Launching", "Nouns", "Places", "Platform", "Settings",
            "WorkerProtocol",
        ]),
    tests("SlurmLabTests", ["Launching", "Nouns", "Places", "Platform", "Settings", "WorkerProtocol"]),
    tests("LedgerTests", ["Ledger", "Nouns", grdb, grdbSQLite], golden: true),
    tests("MultipartTests", ["Multipart", "Mutation"]),
    tests("NounsTests", ["Nouns", "WorkerProtocol"], golden: true),
    tests(
        "FeedbackTests",
        [
            "ControlProtocol", "Feedback", "Ledger", "Monitoring", "Nouns", "OperationsScene", "Platform", "Settings",
            "StageKit", "Statistics", logging,
        ]),
    tests(
        "MonitoringTests",
        ["Ledger", "Monitoring", "Nouns", "OperationsScene", "Settings", "StageKit", "WorkerProtocol"], golden: true),
    tests(
        "OperationsTests",
        [
            "ControlProtocol", "Feedback", "Judged", "Ledger", "Nouns", "Operations", "OperationsScene", "Platform",
            "Registry", "Serving", "Settings", "StageKit", "WorkerProtocol",
        ]),
    tests(
        "ServingTests",
        [
            "Launching", "Ledger", "Monitoring", "Nouns", "Platform", "Serving", "Settings", "StageKit",
            "WorkerProtocol",
            logging,
        ]),
    tests("PlacesTests", ["Nouns", "Places"], golden: true),
    tests("PlatformTests", ["Platform"]),
    tests(
        "PromotionTests",
        ["EvaluationMetrics", "Ledger", "Nouns", "Platform", "Promotion", "Settings", "StageKit", logging]),
    tests(
        "PrequentialTests",
        [
            "Judged", "Launching", "Ledger", "Nouns", "Platform", "Prequential", "RowFiles", "Settings", "StageKit",
            "WorkerProtocol", logging,
        ]),
    tests(
        "RegistryTests",
        [
            "ControlProtocol", "Launching", "Ledger", "Nouns", "OperationsScene", "Platform", "Registry", "Settings",
            "StageKit", "WorkerProtocol", logging,
        ]),
    tests("ReportsTests", ["ControlProtocol", "Nouns", "Reports"], golden: true),
    tests("RowFilesTests", ["Compression", "JSONText", "Nouns", "RowFiles"]),
    tests("RowFormatsTests", ["Compression", "Nouns", "RowFormats"]),
    tests(
        "SchedulingTests",
        ["Judged", "Ledger", "Nouns", "Platform", "RowFiles", "Scheduling", "Settings", "StageKit", logging]),
    tests("SettingsTests", ["Nouns", "Places", "Platform", "Settings"], golden: true),
    tests(
        "StageKitTests",
        ["Ledger", "Nouns", "Platform", "RowFiles", "Settings", "StageKit", "WorkerProtocol", lifecycle, logging]),
    tests(
        "SoundnessTests", ["ControlProtocol", "Nouns", "OperationsScene", "Platform", "Soundness", "StageKit"]),
    tests("StatisticsTests", ["Statistics"], computes: true),
    tests(
        "SupervisionTests",
        [
            "ControlGroups", "Launching", "Ledger", "Nouns", "Platform", "Settings", "StageKit", "Supervision",
            "WorkerProtocol",
            logging,
        ]),
    tests("SystemdTests", ["Systemd", logging]),
    tests("SystemdUnitTests", ["Nouns", "Systemd", logging]),
    tests("TensorsTests", ["CKernels", "Tensors"], computes: true),
    tests("TokenizationTests", ["ModelLoading", "TextFuzzing", "Tokenization"], computes: true),
    tests(
        "ModelLoadingTests",
        [
            "ChatTemplates", "Encoding", "ModelLoading", "Nouns", "Tokenization", "Transformers", "WeightFiles",
        ], computes: true),
    tests(
        "TrainingTests",
        [
            "ChatTemplates", "Encoding", "JSONDocument", "Nouns", "Tensors", "Tokenization", "Training", "Transformers",
            "WeightFiles",
        ], computes: true),
    tests("TransportSecurityTests", ["CLibssl", "Nouns", "TransportSecurity", nio, nioEmbedded]),
    tests("TransformersTests", ["JSONDocument", "Tensors", "Transformers", "WeightFiles"], computes: true),
    tests("WeightFilesTests", ["CKernels", "Tensors", "WeightFiles", "Mutation"], computes: true),
    tests("WorkerProtocolTests", ["Nouns", "WorkerProtocol"]),
    tests("WorkerTests", ["Nouns", "Platform", "WorkerProtocol"]),
]

let benchmarks: [Target] = [
    .executableTarget(
        name: "bench-false-promotion",
        dependencies: ["Gating", "Nouns", "PromotionStreams", "Settings", "Statistics"],
        path: "Benchmarks/false-promotion"),
    .executableTarget(
        name: "bench-yardstick", dependencies: ["Yardstick"], path: "Benchmarks/yardstick",
        exclude: ["compare.py", "worth.py"]),
    .executableTarget(
        name: "bench-ingest", dependencies: ["JSONText", "Nouns", "Platform", "RowFormats"], path: "Benchmarks/ingest",
        exclude: ["run.py", "peer.py", "simdjson.cpp"]),
    .executableTarget(
        name: "bench-experiments", dependencies: ["Experiments", "Nouns"], path: "Benchmarks/experiments/replay"),
    .executableTarget(name: "bench-kernels", dependencies: ["CKernels", "Tensors"], path: "Benchmarks/kernels"),
]

/// The targets that FINETUNED_TARGETS names, separated by commas, and what they stand on; all of them where it is not
/// set. Building tests builds every target that there is, which takes an hour under a sanitizer.
func wanted(_ all: [Target]) -> [Target] {
    guard let named = Context.environment["FINETUNED_TARGETS"] else { return all }
    let known = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    var names: Set<String> = []
    var rest = named.split(separator: ",").map(String.init)
    while let name = rest.popLast() {
        guard let target = known[name], names.insert(name).inserted else { continue }
        for dependency in target.dependencies {
            switch dependency {
            case .byNameItem(let name, _), .targetItem(let name, _): rest.append(name)
            default: break
            }
        }
    }
    return all.filter { names.contains($0.name) }
}

let targets = wanted(shared + daemon + worker + commandLine + testTargets + benchmarks)
let programs = ["finetuned", "finetune-worker", "ftctl"].filter { name in targets.contains { $0.name == name } }

let package = Package(
    name: "finetuned",
    products: programs.map { .executable(name: $0, targets: [$0]) },
    dependencies: packages,
    targets: targets,
    cxxLanguageStandard: .cxx17
)
