import Foundation
import GRDB
import Nouns
import Testing

@testable import Ledger

/// One ledger's worth of nouns: at least one row for every table, and a drop or a run for every kind of state.
struct LedgerSample {
    let at = Date(timeIntervalSince1970: 1_764_000_000)
    let base: BaseCard
    let drops: [Drop]
    let snapshot: Snapshot
    let runs: [Run]
    let version: ModelVersion
    let promotion: PromotionRecord
    let scores: EvaluationResult
    let exports: [ExportRecord]
    let notice: DeliveryEvent
    let setAside: SetAsideRow
    let experiments: [Experiment]
    let suggestion: Suggestion
    let report: DataReport
    let shards: [(drop: DropID, split: Split, file: FileReference)]

    /// What is written into the fixture of a new schema. It says only what nouns could say from the first day on.
    init() throws {
        let at = at
        var base = BaseCard(
            id: "tiny", architecture: "llama", parameters: 1, quantisation: ["F32": 1], contextLength: 512, layers: 1,
            width: 8, vocabulary: 16, tokenizer: "gpt2/smollm", tokenizerDigest: "t", format: "gguf", digest: "abc",
            trainingMemoryBytes: 1)
        base.addedAt = at
        self.base = base
        drops = Drop.State.allCases.enumerated().map { index, state in
            Drop(
                id: DropID("d-\(state.rawValue)"), pipeline: "p", name: "\(state.rawValue) 'it’s' ½.jsonl",
                sha256: "sha-\(state.rawValue)", bytes: 10 + index, state: state,
                receivedAt: at.addingTimeInterval(Double(index)), rowsAccepted: index,
                note: state == .revoked ? "revoked by me: \"asked\nfor\"" : nil)
        }
        shards = [
            ("d-stored", .train, FileReference(path: "train.zst", sha256: "f1", bytes: 5, rows: 2)),
            ("d-stored", .gate, FileReference(path: "gate.zst", sha256: "f2", bytes: 5, rows: 1)),
        ]
        snapshot = Snapshot(
            id: "s-1", pipeline: "p", createdAt: at, drops: ["d-stored"],
            files: [.train: [shards[0].file], .gate: [shards[1].file]], rows: [.train: 2, .gate: 1])
        runs = RunState.allCases.enumerated().map { index, state in
            var run = Run(
                id: RunID("r-\(String(format: "%06d", index + 1))"), pipeline: "p", mode: .fromBase, state: state,
                base: "tiny", snapshot: "s-1", drops: ["d-stored"], recipe: Recipe(), priority: 10 * index,
                createdAt: at, requestedBy: "sample")
            if state == .promoted { run.version = "v-1" }
            return run
        }
        let promoted = runs.first { $0.state == .promoted }
        version = ModelVersion(
            id: "v-1", pipeline: "p", run: promoted?.id ?? "", base: "tiny", baseDigest: "abc", adapters: [],
            snapshot: "s-1", recipe: Recipe(), createdAt: at, code: "0.1.0", machine: "m", tags: ["team": "ops"])
        var promotion = PromotionRecord(
            sequence: 1, pipeline: "p", version: "v-1", previous: nil, run: promoted?.id, kind: .manual, who: "me",
            reason: "better", at: at, previousHash: String(repeating: "0", count: 64), hash: "")
        promotion.hash = try Ledger.hash(promotion)
        self.promotion = promotion
        scores = EvaluationResult(
            rows: 1, figures: ["accuracy": 0.5],
            examples: FileReference(path: "examples.jsonl", sha256: "e", bytes: 1), seconds: 1)
        exports = [
            ExportRecord(version: "v-1", format: .ggufF16, state: .done, path: "/exports/v-1/gguf-f16", at: at),
            ExportRecord(
                version: "v-1", format: .peft, state: .failed, path: "/exports/v-1/peft",
                failure: Failure(code: "export.full", "The disk is full."), at: at),
        ]
        notice = DeliveryEvent(
            id: "evt_1", createdAt: Int(at.timeIntervalSince1970), type: .promoted,
            data: .init(pipeline: "p", version: "v-1", reason: "better"))
        setAside = SetAsideRow(
            id: "row-2", reason: .nearDuplicate, drop: "d-stored", line: 2, other: "row-1", score: 0.9)
        experiments = Self.experiments(at)
        suggestion = Suggestion(
            pipeline: "p", experiment: "x-000001", base: "tiny", values: ["rank": .integer(8)], recipe: Recipe(),
            configuredBase: "tiny", adopted: true)
        report = DataReport(pipeline: "p", drop: "d-stored", at: at, drops: 1)
    }

    /// What a ledger of any schema has, by its bodies as they lie there: nothing of it depends on what a recipe or an
    /// experiment is by default today.
    init(of db: Database) throws {
        func all<T: Decodable>(_ type: T.Type, _ table: String) throws -> [T] {
            guard try db.tableExists(table) else { return [] }
            return try Ledger.nouns(type, db, "SELECT body FROM \(table)")
        }
        func first<T: Decodable>(_ type: T.Type, _ table: String) throws -> T {
            try #require(try all(type, table).first, "\(table) has a row")
        }
        let sample = try LedgerSample()
        base = try first(BaseCard.self, "base")
        drops = try all(Drop.self, "drop_file").sorted { $0.receivedAt < $1.receivedAt }
        snapshot = try first(Snapshot.self, "snapshot")
        runs = try all(Run.self, "run").sorted { $0.id < $1.id }
        version = try first(ModelVersion.self, "version")
        promotion = try first(PromotionRecord.self, "promotion")
        scores = try first(EvaluationResult.self, "evaluation")
        exports = try all(ExportRecord.self, "export")
        notice = try all(DeliveryEvent.self, "notification").first ?? sample.notice
        experiments = try all(Experiment.self, "experiment").sorted { $0.id < $1.id }.map { bare in
            var experiment = bare
            guard experiment.run != nil else { return experiment }
            experiment.trials = try all(Trial.self, "trial")
            experiment.trials[0].losses = sample.experiments[0].trials[0].losses
            return experiment
        }
        suggestion = try all(Suggestion.self, "suggestion").first ?? sample.suggestion
        report = try all(DataReport.self, "quality_report").first ?? sample.report
        (setAside, shards) = (sample.setAside, sample.shards)
    }

    /// One that is over, with a trial, and one under way.
    private static func experiments(_ at: Date) -> [Experiment] {
        (1...2).map { number in
            var settings = ExperimentSettings()
            settings.search = [SearchDimension(name: "learning_rate", kind: .logUniform(5e-5, 5e-3))]
            var experiment = Experiment(
                id: ExperimentID("x-00000\(number)"), pipeline: "p", settings: settings, snapshot: "s-1",
                base: "tiny", recipe: Recipe(), steps: 100, createdAt: at, requestedBy: "sample")
            guard number == 1 else { return experiment }
            experiment.state = .finished
            experiment.run = "r-000002"
            experiment.finishedAt = at
            var trial = Trial(number: 0, values: ["rank": .integer(8)])
            trial.losses = [2.5, 2.25]
            experiment.trials = [trial]
            return experiment
        }
    }
}
