import Foundation
import Nouns
import Settings
import TestSupport
import Testing

/// The files of `etc/finetuned/engines`.
struct EngineProfileTests {
    let sandbox: Sandbox
    init() throws {
        sandbox = try Sandbox()
        try FileManager.default.createDirectory(
            atPath: sandbox.layout.engineSettings, withIntermediateDirectories: true)
    }

    private func write(_ name: String, _ toml: String) throws {
        try toml.write(toFile: sandbox.layout.engineFile(EngineName(name)), atomically: true, encoding: .utf8)
    }

    private func codes(_ toml: String, _ name: String = "gpu") throws -> [String] {
        try write(name, toml)
        let folder = SettingsFolder.read(sandbox.layout)
        #expect(folder.problems.isEmpty == (folder.engines.count == 1))
        #expect(folder.problems.allSatisfy { $0.place?.hasPrefix(sandbox.layout.engineFile(EngineName(name))) == true })
        #expect(folder.problems.allSatisfy { $0.remedy != nil })
        return folder.problems.map(\.code)
    }

    @Test func aFileSaysWhatItsRequestsSay() throws {
        try write(
            "hopper",
            """
            program = "torch"
            python = "/opt/finetuned-torch/bin/python"
            precision = "bfloat16"
            parallel = "shard"
            ranks_per_node = 2
            slots = 4
            device = "cuda"
            """)
        let folder = SettingsFolder.read(sandbox.layout)
        #expect(folder.problems.isEmpty, "\(folder.problems)")
        let engine = try #require(folder.engine("hopper"))
        #expect(engine.slots == 4 && engine.ranks == 2 && !engine.isBuiltin)
        #expect(
            engine.compute
                == .init(
                    engine: "hopper", precision: .bfloat16, quantise: .none, parallel: .shard, ranks: 2, device: "cuda"
                ))
        #expect(folder.engine("hoper") == nil)
        #expect(folder.unknownEngine("hoper", at: "x").remedy?.contains("hopper") == true)
    }

    @Test(arguments: [
        ("90", 5400), ("90:30", 5430), ("04:00:00", 14_400), ("2-0", 172_800), ("1-01:30", 91_800), ("1-0:0:5", 86_405),
    ])
    func aTimeLimitIsSoManySeconds(_ time: String, _ seconds: Int) {
        var slurm = SlurmSettings()
        slurm.time = time
        #expect(slurm.seconds == seconds)
    }

    @Test func aClustersEngineIsReadWithItsTable() throws {
        try write(
            "hopper",
            """
            program = "torch"
            python = "/p"
            launcher = "slurm"
            nodes = 2
            ranks_per_node = 8
            stage = "/scratch/finetuned"
            grace_seconds = 300
            [slurm]
            partition = "gpu,big"
            account = "nlp"
            time = "2-00:00:00"
            options = ["--gpus-per-node=8", "--comment=two words"]
            via = ["ssh", "login1"]
            """)
        let folder = SettingsFolder.read(sandbox.layout)
        #expect(folder.problems.isEmpty, "\(folder.problems)")
        let engine = try #require(folder.engine("hopper"))
        #expect(engine.isScheduled && engine.ranks == 16 && engine.stage == "/scratch/finetuned")
        #expect(engine.slurm.partition == "gpu,big" && engine.slurm.via == ["ssh", "login1"])
        #expect(engine.slurm.options.count == 2 && engine.graceSeconds == 300 && engine.pollSeconds == 5)
    }

    @Test(arguments: [
        ("", ["settings.missing_key"]), ("program = \"torch\"\n", ["settings.missing_key"]),
        ("program = \"pytorch\"\n", ["settings.value"]),
        ("program = \"/e\"\npython = \"/p\"\n", ["settings.value"]),
        ("program = \"/e\"\nnodes = 2\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"pbs\"\n", ["settings.value"]),
        ("program = \"builtin\"\nlauncher = \"slurm\"\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"/l\"\nnodes = 2\n", ["settings.value"]),
        ("program = \"/e\"\nstage = \"/s\"\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"slurm\"\nstage = \"s\"\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"slurm\"\nstage = \"/s%j\"\n", ["settings.value"]),
        ("program = \"/e\"\n[slurm]\npartition = \"gpu\"\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"slurm\"\n[slurm]\npartition = \"a b\"\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"slurm\"\n[slurm]\ntime = \"soon\"\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"slurm\"\n[slurm]\noptions = [\"--output=x\"]\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"slurm\"\n[slurm]\noptions = [\"--outp=x\"]\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"slurm\"\n[slurm]\noptions = [\"-p gpu\"]\n", ["settings.value"]),
        ("program = \"/e\"\nlauncher = \"slurm\"\n[slurm]\nqueue = \"gpu\"\n", ["settings.unknown_key"]),
        ("program = \"/e\"\nprecison = \"float32\"\n", ["settings.unknown_key"]),
        ("program = \"/e\"\nquantise = \"int8\"\n", ["settings.value"]),
        ("program = \"/e\"\nranks_per_node = 0\n", ["settings.value"]),
        ("program = \"builtin\"\nprecision = \"bfloat16\"\n", ["settings.value"]),
        ("program = \n", ["settings.syntax"]),
    ])
    func aFaultNamesTheFileTheKeyAndTheRemedy(_ toml: String, _ wanted: [String]) throws {
        let found = try codes(toml)
        #expect(found.first == wanted.first && !found.isEmpty)
    }

    @Test func namesThatCouldBeMistakenAreRefused() throws {
        for name in ["Gpu", "builtin", "worker", "a b"] {
            #expect(try codes("program = \"/e\"\n", name) == ["settings.name"])
            try FileManager.default.removeItem(atPath: sandbox.layout.engineFile(EngineName(name)))
        }
        try sandbox.settings("[engines.gpu]\nprogram = \"/opt/gpu\"\ntasks = [\"score\"]\n")
        #expect(try codes("program = \"/e\"\n") == ["settings.value"])
    }

    @Test func aFaultyFileKeepsItsFormerSettingsUntilItIsMendedOrGone() throws {
        try write("gpu", "program = \"/e\"\nslots = 3\n")
        let first = SettingsFolder.read(sandbox.layout)
        try write("gpu", "program = \"/e\"\nslots = 0\n")
        let faulty = SettingsFolder.read(sandbox.layout, after: first)
        #expect(faulty.engine("gpu")?.slots == 3 && faulty.problems.count == 1)
        try write("gpu", "program = \"/e\"\nslots = 2\n")
        #expect(SettingsFolder.read(sandbox.layout, after: faulty).engine("gpu")?.slots == 2)
        try FileManager.default.removeItem(atPath: sandbox.layout.engineFile("gpu"))
        #expect(SettingsFolder.read(sandbox.layout, after: faulty).engines.isEmpty)
    }

    @Test func aPipelineNamesItsEngine() throws {
        try sandbox.pipeline("p", "base = \"tiny\"\nengine = \"gpu\"\n")
        try sandbox.pipeline("q", "base = \"tiny\"\n")
        let folder = SettingsFolder.read(sandbox.layout)
        #expect(folder.pipelines.map(\.engine) == ["gpu", nil])
    }
}
