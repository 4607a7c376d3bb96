import EvaluationMetrics
import Foundation
import GoldenSets
import Graders
import JSONSchemas
import Judged
import Ledger
import Nouns
import Platform
import RowFiles
import StageKit
import WorkerProtocol

extension GatingService {
    /// Everything that the verdict on a run rests on, read back from disk; nil where another model is served by now
    /// than the one that the candidate was compared with.
    func evidence(_ run: Run, _ settings: FrozenSettings) throws -> GatingRules.Evidence? {
        let records = try RunExamples.all(run, context)
        guard let candidate = records[.candidate], let base = records[.base] else { throw RunExamples.missing(run) }
        // What is served now, at this moment, is what the candidate must not fall behind.
        let served = try context.served(run.pipeline)
        let servedModel = try served.map { GateModels.digest(try context.modelReference($0)) }
        guard run.scores?[.served]?.model == servedModel else { return nil }
        let scoring = try RowScores(context: context).scoring(run, settings, records)
        func scored(_ role: ModelRole, _ records: [ExampleRecord]) -> [ExampleRecord] {
            scoring.scored(records.filter { $0.set != .validation }, model: role)
        }
        var evidence = GatingRules.Evidence(
            candidate: scored(.candidate, candidate), served: records[.served].map { scored(.served, $0) },
            base: scored(.base, base),
            baseline: served?.id, newDrops: Set(run.drops))
        if settings.gates.overStream, let stream = try StreamState.of(run.pipeline, context) {
            guard try addAnchors(run, stream, records, scored, &evidence) else { return nil }
        }
        func onValidation(_ role: ModelRole) -> [ExampleRecord] {
            scoring.scored((records[role] ?? []).filter { $0.set == .validation }, model: role)
        }
        let before = onValidation(served == nil ? .base : .served)
        if !before.isEmpty { evidence.validation = (onValidation(.candidate), before) }
        if let first = run.judgesAgain {
            let runs = try context.ledger.runs(pipeline: run.pipeline, limit: 200)
            evidence.tries = 1 + runs.count { $0.judgesAgain == first && $0.id != run.id && $0.verdict != nil }
        }
        evidence.now = Date()
        evidence.trainsPairs = run.recipe.trainsPairs
        evidence.dropTimes = try context.ledger.arrivals(context.ledger.snapshot(run.snapshot)?.drops ?? [])
        for (set, result) in run.scores?[.candidate]?.sets ?? [:] {
            evidence.skipped[set] = result.figures[.rowsSkipped].map { Int($0) }
        }
        var bytes = GatingRules.ServedBytes(card: try context.requireBase(run.base))
        bytes.artefacts = run.artefacts ?? []
        for (role, scores) in run.scores ?? [:] {
            switch role {
            case .candidate: bytes.inspections[role] = scores.sets[.gate]?.inspection
            case .artefact:
                bytes.inspections[role] = scores.sets[.gate]?.inspection
                bytes.artefactRecords[role] = records[role]
            case .served, .anchor, .gateAnchor, .base: break
            }
        }
        bytes.validation = candidate.filter { $0.set == .validation }
        evidence.bytes = bytes
        evidence.evaluators = run.evaluators ?? [:]
        evidence.yardstick = try yardstick(run)
        try addHistory(run, &evidence)
        evidence.trainingLosses = TrainingCurves(folder: context.layout.run(run.id)).steps.map(\.loss)
        return evidence
    }

    /// Puts the anchors of all gates into the evidence; returns false where one of them was not scored for this run.
    private func addAnchors(
        _ run: Run, _ stream: StreamState, _ records: [ModelRole: [ExampleRecord]],
        _ scored: (ModelRole, [ExampleRecord]) -> [ExampleRecord], _ evidence: inout GatingRules.Evidence
    ) throws -> Bool {
        func known(_ standing: StreamState.Standing, _ role: ModelRole) throws -> GatingRules.Evidence.AnchorEvidence? {
            let model = GateModels.digest(try context.modelReference(standing.anchor))
            guard let kept = records[role], run.scores?[role]?.model == model else { return nil }
            return .init(
                version: standing.anchor.id, records: scored(role, kept), promotions: standing.promotions)
        }
        evidence.servedSince = stream.since
        if !stream.isServed {
            guard let anchor = try known(stream.primary, .anchor) else { return false }
            evidence.anchor = anchor
        }
        for (gate, standing) in stream.gates {
            if standing.isServed {
                evidence.anchoredAtServed.insert(gate)
                continue
            }
            let isPrimarys = !stream.isServed && standing.anchor.id == stream.anchor.id
            guard let anchor = try known(standing, isPrimarys ? .anchor : .gateAnchor(standing.anchor.id)) else {
                return false
            }
            evidence.gateAnchors[gate] = anchor
        }
        return true
    }

    /// How the simplest alternatives did; nil where they were not asked, or their answers are gone.
    private func yardstick(_ run: Run) throws -> GatingRules.Evidence.YardstickEvidence? {
        guard let known = run.yardstick, let file = known.answers else { return nil }
        let data: Data
        do { data = try WholeFile.read(file.path) } catch let failure as FileFailure where failure.number == ENOENT {
            return nil
        }
        let answers = try data.split(separator: 10).map {
            try ContractCoding.decode(YardstickAnswer.self, from: Data($0))
        }
        let named = Set(answers.flatMap(\.right.keys))
        return .init(
            right: Dictionary(answers.map { ($0.row, $0.right) }, uniquingKeysWith: { first, _ in first }),
            learnt: Dictionary(
                uniqueKeysWithValues: named.map { ($0, $0 == .states ? known.statesRows : known.rows) }))
    }

    /// How earlier runs did on how many rows.
    private func addHistory(_ run: Run, _ evidence: inout GatingRules.Evidence) throws {
        let shards = try context.ledger.shards(run.pipeline).filter { $0.split == .train }
        func rows(_ run: Run) throws -> Int {
            let drops = Set(try context.ledger.snapshot(run.snapshot)?.drops ?? [])
            return shards.reduce(0) { $0 + (drops.contains($1.drop) ? $1.file.rows ?? 0 : 0) }
        }
        evidence.trainingRows = try rows(run)
        for past in try context.ledger.runs(pipeline: run.pipeline, limit: 50) where past.id != run.id {
            guard let verdict = past.verdict, past.foreign == nil else { continue }
            evidence.history.append(.init(rows: try rows(past), gates: verdict.gates, confusion: verdict.confusion))
        }
    }
}

/// Prepares what gives records their scores: the schema, the graders, the training rows, and what programs said.
package struct RowScores {
    let context: StageContext

    package init(context: StageContext) { self.context = context }

    /// The scoring of a run's records. Throws a Failure where something of it cannot be used: what cannot be measured
    /// must not pass.
    package func scoring(_ run: Run, _ settings: FrozenSettings, _ records: [ModelRole: [ExampleRecord]]) throws
        -> RowScoring
    {
        var scoring = RowScoring()
        if let text = settings.schema {
            do { scoring.schema = try JSONSchema(text: text) } catch let failure as Failure {
                throw Failure(
                    code: "gating.schema", failure.message,
                    at: "\(settings.gates.answerSchema ?? "gates.answer_schema"), \(failure.place ?? "")",
                    remedy: failure.remedy)
            }
        }
        scoring.graders = try settings.gates.graders.map { ($0.name, try Grader($0.configuration)) }
        if RowScoring.needsMemorization(records.values.flatMap { $0 }),
            let snapshot = try context.ledger.snapshot(run.snapshot)
        {
            var index = Memorization()
            for file in snapshot.files[.train] ?? [] {
                try RowFile.read(file.path) { index.learn(Self.text($0.content)) }
            }
            scoring.memorization = index
        }
        for (model, outcomes) in run.evaluators ?? [:] {
            for (name, outcome) in outcomes {
                guard let file = outcome.rows else { continue }
                for line in try Self.lines(file.path) {
                    for (metric, value) in line.scores {
                        scoring.evaluated[model, default: [:]][line.row, default: [:]][.evaluator(name, metric)] = value
                    }
                }
            }
        }
        return scoring
    }

    private static func lines(_ path: String) throws -> [EvaluatorRow] {
        let data: Data
        do { data = try WholeFile.read(path) } catch let failure as FileFailure where failure.number == ENOENT {
            throw Failure(
                code: "gating.scores_missing", "The scores of an evaluator are not there any more.", at: path,
                remedy: "Queue a new run.")
        }
        return try data.split(separator: 10).map { try ContractCoding.decode(EvaluatorRow.self, from: Data($0)) }
    }

    /// All text of a row that a model could learn by heart.
    private static func text(_ content: RowContent) -> String {
        switch content {
        case .completion(let prompt, let completion): prompt + "\n" + completion
        case .text(let text): text
        case .chat(let messages, _): messages.map(\.content).joined(separator: "\n")
        case .preference(let prompt, let chosen, _): (prompt + chosen).map(\.content).joined(separator: "\n")
        }
    }
}
