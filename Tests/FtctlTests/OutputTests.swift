import ControlProtocol
import Foundation
import Nouns
import Reports
import Testing
import WorkerProtocol

@testable import Backups
@testable import Doctor
@testable import ftctl

/// What every command prints, compared with the texts in Golden; `FINETUNED_REGENERATE=1` writes them anew.
struct OutputTests {
    @Test func theDaemon() throws {
        var status = StatusAnswer(
            version: "0.1.0", pid: 4711, startedAt: Answers.now, root: "/", health: "degraded",
            problems: [Answers.problem], pipelines: [Answers.tickets, Answers.orders], queued: 2,
            activeRuns: ["r-000004"], memoryBytes: 90 << 20)
        try OutputHarness.expect("status", "status", Status.self, status)
        status.pipelines = []
        status.problems = []
        status.queued = 0
        status.health = "ok"
        try OutputHarness.expect("status-empty", "status", Status.self, status)
        let items = [
            GarbagePlan.Item(
                path: "/var/lib/finetuned/runs/r-000001", bytes: 12 << 20,
                reason: "the run is over, and its version is not kept")
        ]
        let kept = [GarbagePlan.Kept(version: "v-9f86d081884c", reason: "it is served by tickets")]
        try OutputHarness.expect(
            "gc-dry-run", "gc --dry-run", CollectGarbage.self,
            GarbagePlan(items: items, kept: kept, removed: false))
        try OutputHarness.expect("gc", "gc", CollectGarbage.self, GarbagePlan(items: [], kept: kept, removed: true))
    }

    @Test func feedback() throws {
        var entry = FeedbackEntry(
            completion: "chatcmpl-1", pipeline: "tickets", version: "v-9f86d081884c", rating: .bad,
            correction: "It left on Monday.", by: "user-17", note: nil, at: Answers.now,
            drop: "d-20261124-083000-4f2a0000",
            dropState: .stored)
        try OutputHarness.expect(
            "feedback-correct", "feedback chatcmpl-1 --correct 'It left on Monday.'", FeedbackAdd.self, entry)
        try OutputHarness.expect("feedback-list", "feedback tickets", FeedbackList.self, [entry])
        (entry.rating, entry.correction) = (.good, nil)
        try OutputHarness.expect("feedback-good", "feedback add chatcmpl-1 --good", FeedbackAdd.self, entry)
        try OutputHarness.expect("feedback-list-empty", "feedback list tickets", FeedbackList.self, [])
    }

    @Test func verification() throws {
        let fault = Failure(
            code: "file.changed", "A file of the base tiny is not what it was: it has 1 bytes, and had 2.",
            at: "/var/lib/finetuned/bases/tiny/w.gguf", remedy: "Restore it from a backup; it is abc.")
        try OutputHarness.expect(
            "verify", "verify", Verify.self, SoundnessAnswer(files: 12, bytesRead: 3 << 20, faults: [fault]))
        try OutputHarness.expect(
            "verify-sound", "verify", Verify.self, SoundnessAnswer(files: 12, bytesRead: 3 << 20, faults: []))
    }

    @Test func keeping() throws {
        var record = AuditRecord(
            sequence: 7, at: Answers.now, action: "runs.promote", subject: "r-000042",
            detail: "by force; the old one lies", who: "ada", owner: "uid:1000", uid: 1000, pid: 4711, outcome: "done")
        let other = AuditRecord(
            sequence: 6, at: Answers.now, action: "versions.clear", subject: "", who: "ci", owner: "token:t1",
            outcome: "disk.full")
        try OutputHarness.expect("audit", "audit --user ada", Audit.self, [record, other])
        record.detail = ""
        try OutputHarness.expect("audit-empty", "audit --action runs --since 2026-11-01T00:00:00Z", Audit.self, [])
        try OutputHarness.expect(
            "version-pack", "version pack v-9f86d081884c tickets.ftv", VersionPackFile.self,
            VersionPackFile.Packed(
                version: "v-9f86d081884c", file: "/home/ada/tickets.ftv", bytes: 5 << 20,
                sha256: String(repeating: "a", count: 64)))
        var run = Answers.run(7, state: .trained)
        run.foreign = Answers.foreign
        try OutputHarness.expect(
            "version-add", "version add tickets.ftv --pipeline tickets", VersionAdd.self, run)
    }

    @Test func backups() throws {
        let entry = BackupManifest.Entry(
            path: "var/lib/finetuned/runs/r-000001/events.jsonl", kind: .file, mode: 0o640, owner: "finetuned",
            group: "finetuned", sha256: "aa", bytes: 3 << 20)
        let manifest = BackupManifest(
            format: 1, id: "20261124-083000", root: "", at: Answers.now, program: "0.1.0", schema: 19, ledger: "bb",
            entries: [entry])
        let fault = Failure(
            code: "file.gone", "A file of the base tiny is gone.", at: "/var/lib/finetuned/bases/tiny/w.gguf",
            remedy: "Restore it from an earlier backup; it is abc.")
        let made = BackupReport(
            BackupMaker.Outcome(manifest: manifest, added: (files: 1, bytes: 1 << 20), faults: [fault], removed: 2),
            folder: "/mnt/backup")
        try OutputHarness.expect("backup", "backup /mnt/backup --keep 14", made.document, json: made)
        let restored = RestoreReport(
            Restoring.Outcome(manifest: manifest, kept: ["/etc/finetuned/finetuned.toml"]))
        try OutputHarness.expect("restore", "restore /mnt/backup", restored.document, json: restored)
    }

    @Test func health() throws {
        let findings = [
            DoctorFinding(area: .daemon, grade: .ok, text: "The daemon answers.", remedy: nil),
            DoctorFinding(area: .space, grade: .fault, text: "12 MiB are free.", remedy: "Free space on that disk."),
            DoctorFinding(
                area: .clock, grade: .unknown, text: "The kernel does not say.", remedy: "See `timedatectl`."),
            DoctorFinding(area: .landlock, grade: .warning, text: "The kernel has none.", remedy: "Take a later one."),
        ]
        let answer = DoctorAnswer(findings)
        try OutputHarness.expect("doctor", "doctor", answer.document, json: answer)
        let sound = DoctorAnswer([findings[0]])
        try OutputHarness.expect("doctor-sound", "doctor", sound.document, json: sound)
        #expect(!answer.healthy && sound.healthy)
    }

    /// Only the service's own records count: any program may write some with such fields.
    @Test(arguments: [
        ("logs r-000042", ["_SYSTEMD_UNIT=finetuned.service", "RUN=r-000042"]),
        ("logs tickets", ["_SYSTEMD_UNIT=finetuned.service", "PIPELINE=tickets"]),
        ("logs d-20261124-083000-4f2a0000", ["_SYSTEMD_UNIT=finetuned.service", "DROP=d-20261124-083000-4f2a0000"]),
        ("logs v-9f86d081884c7d65", ["_SYSTEMD_UNIT=finetuned.service", "VERSION=v-9f86d081884c7d65"]),
        (
            "logs tickets --follow --since today --priority warning --lines 5",
            [
                "--follow", "--since=today", "--priority=warning", "--lines=5", "_SYSTEMD_UNIT=finetuned.service",
                "PIPELINE=tickets",
            ]
        ),
    ])
    func logsAskTheJournal(line: String, arguments: [String]) throws {
        let logs = try #require(try OutputHarness.parse(line) as? Logs)
        let words = logs.arguments(isInstalled: true, isJSON: false)
        #expect(words.filter { $0 != "--no-pager" && $0 != "--no-hostname" } == arguments)
        #expect(logs.arguments(isInstalled: false, isJSON: true).contains("SYSLOG_IDENTIFIER=finetuned"))
        #expect(logs.arguments(isInstalled: false, isJSON: true).contains("--output=json"))
    }

    @Test func logsOfNothingThatHasANameAreRefused() {
        #expect(throws: (any Error).self) { try OutputHarness.parse("logs _UID=0") }
        #expect(throws: (any Error).self) { try OutputHarness.parse("logs --follow") }
    }

    @Test func pipelines() throws {
        try OutputHarness.expect(
            "pipeline-list", "pipelines", PipelineList.self, [Answers.tickets, Answers.orders])
        try OutputHarness.expect("pipeline-list-empty", "pipeline", PipelineList.self, [])
        try OutputHarness.expect("pipeline-show", "pipeline tickets", PipelineShow.self, .summary(Answers.tickets))
        try OutputHarness.expect(
            "pipeline-show-problem", "pipeline show orders", PipelineShow.self, .summary(Answers.orders))
        let settings = PipelineSettingsAnswer(
            pipeline: "tickets", file: "/etc/finetuned/pipelines/tickets.toml",
            toml: "# in force\nbase = \"smollm2-135m-instruct\"\n\n[recipe]\nrank = 16\n")
        try OutputHarness.expect(
            "pipeline-show-toml", "pipeline tickets --toml", PipelineShow.self, .settings(settings))
        let sound = PipelineCheckAnswer(
            pipeline: "tickets", file: "/etc/finetuned/pipelines/tickets.toml",
            facts: ["It trains 480 rows from smollm2-135m-instruct in 60 steps."])
        try OutputHarness.expect("pipeline-check", "pipeline check tickets", PipelineCheck.self, sound)
        let faulty = PipelineCheckAnswer(
            pipeline: "orders", file: "/etc/finetuned/pipelines/orders.toml", problems: [Answers.problem],
            warnings: [Failure(code: "gate.few", "The gate has 12 rows.", remedy: "Add rows, or widen the margin.")])
        try OutputHarness.expect("pipeline-check-faulty", "pipeline check orders", PipelineCheck.self, faulty)
        try OutputHarness.expect(
            "pipeline-run", "run tickets --mode from-base --reason 'new prompt'", PipelineRun.self,
            Answers.run(4, state: .queued))
        try OutputHarness.expect(
            "pipeline-retire", "pipeline retire tickets --reason done --erase", PipelineRetire.self,
            RetireAnswer(
                pipeline: "tickets", cancelled: ["r-000004"], stopped: ["x-000001"], served: "v-9f86d081884c",
                erased: 3, bytes: 123_456_789))
        try OutputHarness.expect(
            "pipeline-rename", "pipeline rename tickets support", PipelineRename.self,
            RenameAnswer(former: "tickets", pipeline: "support"))
        try OutputHarness.expect(
            "pipeline-share", "pipeline share tickets ben", PipelineShare.self,
            ShareAnswer(pipeline: "tickets", owner: "ada", users: ["ben"]))
        try OutputHarness.expect(
            "pipeline-share-end", "pipeline share tickets ben --end", PipelineShare.self,
            ShareAnswer(pipeline: "tickets", owner: "ada", users: []))
        try OutputHarness.expect(
            "pipeline-rollback", "rollback tickets --to v-111111111111", PipelineRollback.self, Answers.record)
        try OutputHarness.expect(
            "pipeline-history", "history tickets", PipelineHistory.self, .records([Answers.record]))
        try OutputHarness.expect("pipeline-history-empty", "history tickets", PipelineHistory.self, .records([]))
        try OutputHarness.expect(
            "pipeline-history-at", "pipeline history tickets --at 2027-01-15T09:00:00Z", PipelineHistory.self,
            .records([Answers.record]))
        try OutputHarness.expect(
            "pipeline-history-verify", "history tickets --verify", PipelineHistory.self,
            .chain(VerifyAnswer(records: 2, intact: true)))
        try OutputHarness.expect(
            "pipeline-history-broken", "history tickets --verify", PipelineHistory.self,
            .chain(VerifyAnswer(records: 2, intact: false, firstBroken: 1)))
        let outputs = [
            GeneratedOutput(index: 1, text: "a car\nor a train", tokens: 2, promptTokens: 9, finish: "stop"),
            GeneratedOutput(index: 0, text: "food \u{1B}[2J", tokens: 1, promptTokens: 9, finish: "stop"),
        ]
        try OutputHarness.expect(
            "pipeline-generate", "generate tickets 'What is bread?' 'What drives?' --max-new-tokens 4",
            PipelineGenerate.self, GenerateAnswer(version: "v-9f86d081884c", outputs: outputs))
    }

    @Test func runs() throws {
        let queued = Answers.run(4, state: .queued)
        try OutputHarness.expect(
            "run-list", "runs --pipeline tickets --state failed", RunList.self,
            [queued, Answers.judged, Answers.failed])
        try OutputHarness.expect("run-list-empty", "run", RunList.self, [])
        try OutputHarness.expect("run-show", "run r-000003", RunShow.self, Answers.judged)
        try OutputHarness.expect("run-show-failed", "show r-000002", RunShow.self, Answers.failed)
        try OutputHarness.expect("run-report", "report r-000003", RunReport.self, .run(Answers.judged))
        try OutputHarness.expect("run-report-unjudged", "run report r-000004", RunReport.self, .run(queued))
        try OutputHarness.expect(
            "run-report-worst", "report r-000003 --worst 5", RunReport.self, .rows(Answers.comparisons))
        try OutputHarness.expect("run-report-fixes", "report r-000003 --fixes", RunReport.self, .rows([]))
        try OutputHarness.expect("run-explain", "gates explain r-000003", RunExplain.self, Answers.judged)
        try OutputHarness.expect(
            "run-promote", "promote r-000003 --force --reason 'it is urgent'", RunPromote.self, Answers.record)
        var paused = Answers.run(2, state: .queued)
        paused.paused = "ada"
        try OutputHarness.expect("run-pause", "pause r-000002", RunPause.self, paused)
        try OutputHarness.expect("run-resume", "resume r-000002", RunResume.self, Answers.run(2, state: .queued))
        try OutputHarness.expect("run-cancel", "cancel r-000002", RunCancel.self, Answers.run(2, state: .cancelled))
    }

    @Test func drops() throws {
        try OutputHarness.expect(
            "drop-list", "drops --pipeline tickets", DropList.self, [Answers.quarantined, Answers.stored])
        try OutputHarness.expect("drop-list-empty", "drop", DropList.self, [])
        try OutputHarness.expect("drop-show", "drop d-20270115-080000-0a1b2c3d", DropShow.self, Answers.report)
        try OutputHarness.expect(
            "drop-show-quarantined", "show d-20270115-090000-4d5e6f70", DropShow.self, Answers.refused)
        var placed = PlacedDrop(file: "monday.jsonl", path: "/var/lib/finetuned/drop/tickets/monday.jsonl")
        try OutputHarness.expect("drop-add", "drop tickets monday.jsonl", DropAdd.self, [placed])
        placed.drop = Answers.stored
        placed.report = Answers.report
        let refused = PlacedDrop(
            file: "tues\u{7}day.csv", path: "/var/lib/finetuned/drop/tickets/tuesday.csv", drop: Answers.quarantined,
            report: Answers.refused)
        try OutputHarness.expect(
            "drop-add-wait", "drop add tickets monday.jsonl tuesday.csv --wait", DropAdd.self, [placed, refused])
        try OutputHarness.expect(
            "drop-retry", "drop retry d-20270115-090000-4d5e6f70", DropRetry.self, [placed])
    }

    @Test func versions() throws {
        try OutputHarness.expect(
            "version-list", "version tickets", VersionList.self, [Answers.version, Answers.older])
        try OutputHarness.expect("version-list-empty", "versions tickets", VersionList.self, [])
        try OutputHarness.expect("version-show", "version tickets current", VersionShow.self, Answers.version)
        try OutputHarness.expect("version-show-removed", "version show tickets", VersionShow.self, Answers.older)
        try OutputHarness.expect(
            "version-annotate", "version annotate tickets current --note 'good' --tag ticket=OPS-7 --tag old=",
            VersionAnnotate.self, Answers.version)
        try OutputHarness.expect(
            "version-alias", "version alias tickets holiday current", VersionAlias.self, [Answers.version])
        let record = ExportRecord(
            version: "v-9f86d081884c", format: .huggingface, written: .huggingfaceBF16, state: .done, path: "/e",
            files: [FileReference(path: "/e/model.safetensors", sha256: "ab", bytes: 270 << 20)],
            figures: ["mean_loss_difference": 0.0021], check: .probe, who: "ada", at: Answers.after(300))
        let export = ExportAnswer(
            version: record.version, pipeline: "tickets", base: "smollm2", basePath: "/bases/smollm2/model.gguf",
            format: .huggingface, state: .done, record: record)
        try OutputHarness.expect(
            "version-export", "version export tickets previous --format huggingface --out tuned", VersionExport.self,
            VersionExportAnswer(export, record, folder: "/home/ada/tuned"))
        var lora = record
        (lora.format, lora.written, lora.check) = (.ggufLora, nil, nil)
        try OutputHarness.expect(
            "version-export-lora", "version export v-9f86d081884c --format gguf-lora", VersionExport.self,
            VersionExportAnswer(export, lora, folder: "/e"))
        let comparison = VersionComparison(
            a: Answers.version, b: Answers.older,
            differences: [.init(what: "recipe.rank", a: "16", b: "8"), .init(what: "snapshot", a: "s-2", b: "s-1")],
            sameGateRows: false)
        try OutputHarness.expect(
            "version-compare", "compare tickets current previous", VersionCompare.self, comparison)
    }

    @Test func tokens() throws {
        let summary = TokenSummary(
            name: "ci", owner: "token:0123456789abcdef", role: .user, createdAt: Answers.now, createdBy: "root")
        try OutputHarness.expect(
            "token-add", "token add ci --use", TokenAdd.self, NewTokenAnswer(token: "ft-0123-4567", summary: summary))
        try OutputHarness.expect("token-list", "token", TokenList.self, [summary])
        try OutputHarness.expect("token-list-empty", "token list", TokenList.self, [])
        try OutputHarness.expect("token-remove", "token remove ci", TokenRemove.self, RemovedAnswer())
    }

    @Test func bases() throws {
        try OutputHarness.expect("base-list", "bases", BaseList.self, [Answers.card])
        try OutputHarness.expect("base-list-empty", "base list", BaseList.self, [])
        try OutputHarness.expect("base-show", "base smollm2-135m-instruct", BaseShow.self, Answers.card)
        try OutputHarness.expect(
            "base-add", "base add model.gguf --id smol", BaseAdd.self, AddedBase(card: Answers.card))
        try OutputHarness.expect(
            "base-remove", "base remove smollm2-135m-instruct", BaseRemove.self, RemovedAnswer())
        try OutputHarness.expect(
            "base-recommend", "base recommend tickets", BaseRecommend.self, Answers.recommendations)
    }

    @Test func engines() throws {
        try OutputHarness.expect("engine-list", "engines", EngineList.self, Answers.engines)
        try OutputHarness.expect("engine-show", "engine gpu", EngineShow.self, Answers.engines[1])
        try OutputHarness.expect("engine-show-problem", "engine far", EngineShow.self, Answers.engines[2])
        let kept = EngineFinding.Rule.allCases.map { EngineFinding($0, isKept: true, $0.asks) }
        try OutputHarness.expect(
            "engine-check", "engine check gpu", EngineCheck.self,
            EngineCheckAnswer(engine: "gpu", findings: kept, seconds: 42))
        let broken = [
            EngineFinding(.describes, isKept: true, EngineFinding.Rule.describes.asks),
            EngineFinding(.ended, isKept: false, "It told of no status."),
        ]
        try OutputHarness.expect(
            "engine-check-broken", "engine check gpu", EngineCheck.self,
            EngineCheckAnswer(engine: "gpu", findings: broken, seconds: 3))
    }

    @Test func experiments() throws {
        let over = Answers.experiment
        var running = over
        running.state = .running
        (running.winner, running.run, running.conclusion, running.finishedAt) = (nil, nil, nil, nil)
        running.trials[0].running = 2
        running.live = LiveTrial(trial: 0, rung: 2)
        running.live?.stage = "loading"
        try OutputHarness.expect("experiment-list", "experiments", ExperimentList.self, [running, over])
        try OutputHarness.expect("experiment-list-empty", "experiment list", ExperimentList.self, [])
        try OutputHarness.expect(
            "experiment-start", "experiment start tickets --strategy random --trials 3", ExperimentStart.self, running)
        try OutputHarness.expect("experiment-show", "experiment x-000001", ExperimentShow.self, over)
        try OutputHarness.expect("experiment-show-running", "show x-000001", ExperimentShow.self, running)
        var stopped = running
        stopped.state = .stopped
        stopped.conclusion = "Stopped by alice."
        try OutputHarness.expect("experiment-stop", "experiment stop x-000001", ExperimentStop.self, stopped)
        #expect(ExperimentDocument.line(running) == "x-000001: 3 trials, 7 rungs, best trial 1 at 0.5")
    }
}
