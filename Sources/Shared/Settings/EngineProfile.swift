import Nouns
import WorkerProtocol

/// One engine that pipelines can name, as its TOML file (`etc/finetuned/engines/<name>.toml`) describes it.
///
/// It computes on tokens: trains and, where it is told to, scores and answers. Text and judgement stay with the
/// daemon's own worker.
package struct EngineProfile: Codable, Hashable, Sendable {
    /// What it computes on.
    package enum Device: String, Codable, Hashable, Sendable, CaseIterable { case auto, cpu, cuda }

    /// The programs that have names.
    package static let builtin = "builtin"
    package static let torch = "torch"
    /// The launchers that have names.
    package static let local = "local"
    package static let slurmLauncher = "slurm"

    package var name: EngineName
    /// The file it came from, for messages.
    package var file: String
    /// `builtin`, `torch`, or the absolute path of a program that speaks the engine protocol.
    package var program = ""
    /// The Python that has the PyTorch engine.
    package var python: String?
    /// Who starts it: `local`, `slurm`, or the absolute path of a launcher program (docs/launchers.md).
    package var launcher = Self.local
    package var device = Device.auto
    package var precision = ComputeSettings.Precision.float32
    package var quantise = ComputeSettings.Quantisation.none
    package var parallel = ComputeSettings.Parallel.auto
    package var nodes = 1
    package var ranksPerNode = 1
    /// Runs at work on it at the same time, beside `compute_slots`.
    package var slots = 1
    /// Whether its runs are evaluated on it too.
    package var evaluate = false
    /// A folder that the nodes see, where they do not see the daemon's own state.
    package var stage: String?
    /// Seconds that an engine has for its checkpoint once it was asked to stop, before its job is cancelled.
    package var graceSeconds = 120.0
    /// Seconds between two questions to the scheduler.
    package var pollSeconds = 5.0
    package var slurm = SlurmSettings()
    /// Folders that it may change beside its work folder.
    package var writable: [String] = []

    package init(name: EngineName, file: String) {
        self.name = name
        self.file = file
    }

    /// Whether it is the daemon's own worker, which reads rows and bases as they are.
    package var isBuiltin: Bool { program == Self.builtin }

    /// Whether a scheduler runs it as jobs, which outlive the daemon.
    package var isScheduled: Bool { launcher != Self.local }

    /// Processes that compute together.
    package var ranks: Int { nodes * ranksPerNode }

    /// What its requests say of the machine.
    package var compute: ComputeSettings {
        ComputeSettings(
            engine: name.rawValue, precision: precision, quantise: quantise, parallel: parallel, ranks: ranks,
            device: device == .auto ? nil : device.rawValue)
    }
}

extension EngineProfile: StandardSettings {
    package static let standard = EngineProfile(name: "", file: "")

    /// Every key of an engine's file.
    package static let keys = own + SlurmSettings.keys

    private static let own: [SettingsKey<EngineProfile>] = [
        .text(
            "program", default: "(required)",
            """
            `builtin` (the daemon's own worker), `torch` (the PyTorch engine), or the absolute path of a program that \
            speaks docs/engine-protocol.md.
            """,
            read: { $0.program }
        ) {
            $0.program = $1
            return [Self.builtin, Self.torch].contains($1) || $1.hasPrefix("/")
                ? nil : "\"builtin\", \"torch\" or an absolute path"
        },
        .text(
            "python", default: "none",
            "The Python that has the PyTorch engine, such as /opt/finetuned-torch/bin/python; for `torch` alone.",
            read: { $0.python }
        ) {
            $0.python = $1
            return $1.hasPrefix("/") ? nil : "an absolute path"
        },
        .text(
            "launcher", default: "\"local\"",
            """
            Who starts it: `local` runs it as processes of the daemon, `slurm` as jobs of a cluster, and the absolute \
            path of a program as jobs of whatever that program speaks with (docs/launchers.md).
            """,
            read: { $0.launcher }
        ) {
            $0.launcher = $1
            return [Self.local, Self.slurmLauncher].contains($1) || $1.hasPrefix("/")
                ? nil : "\"local\", \"slurm\" or an absolute path"
        },
        .choice("device", \.device, "What it computes on; `auto`: a GPU where there is one."),
        .choice(
            "precision", \.precision, "What the frozen weights are kept in; what is trained is always float32."),
        .choice("quantise", \.quantise, "What the frozen weights are compressed to (`nf4` needs bitsandbytes)."),
        .choice(
            "parallel", \.parallel,
            "How ranks share the base: each has all of it (`replicate`), or a part (`shard`); `auto`: as it likes."
        ),
        .whole("nodes", \.nodes, in: 1...4096, "Machines that compute together; the launcher `local` has one."),
        .whole(
            "ranks_per_node", \.ranksPerNode, in: 1...1024,
            "Processes on each machine: one a GPU, any number on CPUs."),
        .whole("slots", \.slots, in: 1...1024, "Runs at work on it at the same time, beside `compute_slots`."),
        .flag(
            "evaluate", \.evaluate,
            """
            Whether the models of its runs are also scored and asked on it, in place of this machine; needs the tasks \
            `score` and `generate`. A base that the worker does not run is evaluated there in any case.
            """),
        .text(
            "stage", default: "none",
            """
            A folder that this machine and the nodes see under the same path; needed where nodes do not see the \
            daemon's own state. Bases and tokens are copied there, and results back.
            """,
            read: { $0.stage }
        ) {
            $0.stage = $1
            // Slurm would read a % as the beginning of one of its patterns.
            return $1.wholeMatch(of: /(\/[^\/%\p{Cc}]+)+/) != nil ? nil : "an absolute path without '%'"
        },
        .number(
            "grace_seconds", \.graceSeconds, in: 1...3600,
            "How long a job may take to write its checkpoint once it was asked to stop, before it is cancelled."),
        .number(
            "poll_seconds", \.pollSeconds, in: 0.5...600, "How often the scheduler is asked: once for all jobs."),
        .texts(
            "writable", default: "[]",
            """
            Folders that it may change beside its work folder, as absolute paths, such as /dev/shm \
            (docs/operating.md).
            """,
            read: { $0.writable }
        ) {
            $0.writable = $1
            return $1.allSatisfy { $0.hasPrefix("/") } ? nil : "a list of absolute paths"
        },
    ]
}
