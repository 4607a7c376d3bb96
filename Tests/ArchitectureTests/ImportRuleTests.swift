import Testing

/// The walls of the design, each with its reason.
struct ImportRuleTests {
    let tree: SourceTree
    init() throws { tree = try SourceTree() }

    /// Fails with the files that break a rule.
    func expectNone(_ offenders: [SourceTree.File], _ reason: String) {
        #expect(offenders.isEmpty, "\(reason): \(offenders.map(\.path).sorted())")
    }

    @Test func theTreeIsRead() {
        #expect(tree.files.count > 50)
        #expect(tree.targets(in: "Daemon").contains("Ledger"))
    }

    @Test func daemonWorkerAndCommandLineNeverImportEachOther() {
        // A crash or an out-of-memory kill in numeric code must not take the queue along, and another engine may
        // replace the worker.
        let layers = ["Daemon", "Worker", "CLI"]
        for layer in layers {
            let foreign = layers.filter { $0 != layer }.reduce(into: Set<String>()) {
                $0.formUnion(tree.targets(in: $1))
            }
            expectNone(
                tree.files.filter { $0.layer == layer && !$0.imports.isDisjoint(with: foreign) },
                "\(layer) imports another program's code")
        }
    }

    @Test func sharedImportsNoProgram() {
        let programs = ["Daemon", "Worker", "CLI"].reduce(into: Set<String>()) { $0.formUnion(tree.targets(in: $1)) }
        expectNone(
            tree.files.filter { $0.layer == "Shared" && !$0.imports.isDisjoint(with: programs) },
            "Shared code depends on a program")
    }

    @Test func noStageImportsAStage() {
        // The only thing one stage hands to the next is a row in the ledger, so that a restart is "every stage asks
        // again".
        let stages: Set<String> = [
            "Registry", "Intake", "Datasets", "Scheduling", "Experiments", "Supervision", "Gating", "Promotion",
            "Delivery", "Soundness", "Feedback",
        ]
        expectNone(
            tree.files.filter {
                stages.contains($0.target) && !$0.imports.intersection(stages).subtracting([$0.target]).isEmpty
            },
            "A stage imports a stage")
    }

    @Test func onlyOperationsJoinQuestionsToStages() {
        // A handler that asked a stage by itself would hold a rule that no test reaches without a socket.
        let stages = tree.targets(in: "Daemon").subtracting(
            ["Operations", "StageKit", "Monitoring", "ControlAPI", "WireAPI", "TransportSecurity"])
        expectNone(
            tree.files.filter { $0.target == "ControlAPI" && !$0.imports.isDisjoint(with: stages) },
            "The control API imports more than operations")
    }

    static let soleImporters: [(module: String, allowed: Set<String>, reason: String)] = [
        ("GRDB", ["Ledger"], "one owner of the database keeps its invariants"),
        ("HummingbirdCore", ["ControlAPI"], "handlers hold no rule, so nothing else needs HTTP"),
        ("Subprocess", ["Launching"], "one place launches programs"),
        ("COpenBLAS", ["Tensors"], "one place sets its threads, once"),
        ("CSQLite", ["ftctl"], "the ledger is reached through GRDB alone"),
        ("CSystemd", ["Systemd"], "variadic C calls are wrapped once"),
        ("TOMLKit", ["Settings"], "every setting is checked and documented in one place"),
        ("CCurl", ["Curl", "Delivery", "HubClient"], "of the daemon webhooks alone leave the computer"),
        ("Curl", ["Delivery", "HubClient"], "of the daemon webhooks alone leave the computer"),
        ("CLibcrypto", ["Platform"], "digests lie on disk and are computed one way"),
        ("CLibssl", ["TransportSecurity"], "the listener alone speaks TLS"),
        ("TransportSecurity", ["ControlAPI"], "the listener alone speaks TLS"),
        ("CPlatform", ["Platform"], "system calls are wrapped once"),
        ("CZstd", ["Compression"], "bounded decompression in one place"),
        ("CZlib", ["Compression"], "bounded decompression in one place"),
    ]

    @Test(arguments: soleImporters)
    func oneImporter(rule: (module: String, allowed: Set<String>, reason: String)) {
        expectNone(
            tree.files.filter { $0.imports.contains(rule.module) && !rule.allowed.contains($0.target) },
            "\(rule.module): \(rule.reason)")
    }

    @Test func theEngineBelowTrainingKnowsNothingOfTheProduct() {
        // So that it can be lifted out whole.
        let engine: Set<String> = [
            "Tensors", "WeightFiles", "Tokenization", "ChatTemplates", "Encoding", "Transformers", "Generation",
        ]
        let ours = tree.targets(in: "Shared")
        expectNone(
            tree.files.filter { engine.contains($0.target) && !$0.imports.isDisjoint(with: ours) },
            "The engine depends on the product")
    }

    @Test func nothingThatInputCanReachTraps() {
        for file in tree.files {
            for (number, line) in file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let code = line.split(separator: "//", omittingEmptySubsequences: false).first.map(String.init) ?? ""
                for trap in ["fatalError(", "try!", "as!"] where code.contains(trap) {
                    Issue.record("Sources/\(file.path):\(number + 1) uses \(trap)")
                }
            }
        }
    }
}
