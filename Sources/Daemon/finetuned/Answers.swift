import ControlAPI
import ControlProtocol
import Datasets
import Experiments
import Foundation
import Gating
import Launching
import Ledger
import Nouns
import Platform
import Promotion
import Registry
import Scheduling
import Settings
import StageKit
import Supervision
import WorkerProtocol

/// Joins the control API's operations to the stages.
struct Answers: Sendable {
    let context: StageContext
    let scheduling: SchedulingService
    let supervision: RunService
    let promotion: PromotionService
    let registry: BaseRegistry
    let launcher: any WorkerLauncher
    let recommender: BaseRecommender
    let experiments: ExperimentService
    let datasets: DatasetCatalogue
    let startedAt: Date

    var operations: Operations {
        let catalogue = VersionCatalogue(context)
        var operations = Operations(
            status: status, pipelines: pipelines,
            requestRun: { name, request, who in
                try scheduling.request(
                    name, mode: request.mode, by: who, reason: request.reason ?? "asked for by \(who)")
            },
            generate: generate,
            rollback: { try promotion.rollback($0, to: $1.version, who: $2, reason: $1.reason) },
            history: { try context.ledger.history($0) }, verify: { try context.ledger.verify($0) },
            runs: { try context.ledger.runs(pipeline: $0, state: $1, limit: $2) }, run: run,
            notices: notices, examples: examples,
            report: { RunReport.data(try run($0), context) },
            promote: { try promotion.promote($0, who: $2, reason: $1.reason, force: $1.force) },
            cancel: { try supervision.cancel($0, by: $1) },
            drops: { try context.ledger.drops(pipeline: $0, limit: $1) }, dropReport: dropReport,
            bases: { try context.ledger.bases() }, base: { try context.requireBase($0) },
            removeBase: { try registry.remove($0) },
            openUpload: { try registry.openUpload() }, uploadPath: { try registry.uploadPath($0, file: $1) },
            addBase: { try await registry.add($0) })
        operations.checkPipeline = { try PipelineCheck(context: context).answer($0) }
        operations.versions = VersionOperations(
            all: catalogue.all, one: catalogue.one, annotate: catalogue.annotate,
            alias: { try catalogue.alias($0, $1, who: $2) },
            compare: catalogue.compare, garbage: { try catalogue.garbage(remove: $0) })
        operations.data = dataOperations
        operations.experiments = ExperimentOperations(
            recommend: { try await recommender.recommend($0, rows: $1.rows) },
            recommendData: { request in
                let path = try registry.uploadPath(request.upload, file: request.file)
                defer { try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent) }
                return try await recommender.recommend(file: path, rows: request.rows)
            },
            start: { try experiments.start($0, $1, by: $2) }, stop: { try experiments.stop($0, by: $1) },
            all: { try context.ledger.experiments(pipeline: $0, limit: $1).map(experiments.live) },
            one: { id in
                guard let experiment = try context.ledger.experiment(id) else {
                    throw Failure(
                        code: "experiment.unknown", "There is no experiment '\(id)'.", at: id.rawValue,
                        remedy: "See `ftctl experiment list`.")
                }
                return experiments.live(experiment)
            })
        return operations
    }

    func status() throws -> StatusAnswer {
        let active = try context.ledger.runs(in: [.training, .evaluating, .trained, .evaluated]).map(\.id)
        let problems = context.problems.all()
        return StatusAnswer(
            version: BuildVersion.text, pid: Int(getpid()), startedAt: startedAt,
            root: context.layout.root.isEmpty ? "/" : context.layout.root,
            health: problems.isEmpty ? "ok" : "degraded", problems: problems, pipelines: try pipelines(),
            queued: try context.ledger.runs(in: [.queued]).count, activeRuns: active,
            memoryBytes: System.residentBytes())
    }

    func pipelines() throws -> [PipelineSummary] {
        try context.settings.pipelines.map { pipeline in
            let served = try context.ledger.served(pipeline.name)
            let last = try context.ledger.runs(pipeline: pipeline.name, limit: 1).first
            var activity = scheduling.activity[pipeline.name] ?? "starting"
            if !pipeline.enabled { activity = "not enabled" }
            if let last, last.state.isActive || last.state == .queued {
                activity = "run \(last.id) is \(last.state.rawValue)"
            }
            if let last, last.state == .accepted, pipeline.promote == .manual {
                activity = "run \(last.id) passed and waits for `ftctl promote \(last.id)`"
            }
            return PipelineSummary(
                name: pipeline.name, base: try context.effective(pipeline).settings.base,
                dropFolder: context.dropFolder(pipeline), rows: try context.ledger.rowCounts(pipeline.name),
                drops: try context.ledger.dropCount(in: .stored, pipeline: pipeline.name), served: served?.version,
                servedSince: served?.since,
                lastRun: last?.id, lastRunState: last?.state, activity: activity,
                problems: context.problems.all(prefix: "drop:\(pipeline.name):")
                    + context.problems.all(prefix: "pipeline:\(pipeline.name)"))
        }
    }

    private func run(_ id: RunID) throws -> Run {
        guard let run = try context.ledger.run(id) else {
            throw Failure(code: "run.unknown", "There is no run '\(id)'.", at: id.rawValue, remedy: "See `ftctl runs`.")
        }
        return run
    }

    /// The live story; for runs of before the last restart, what the ledger kept of it.
    private func notices(_ id: RunID, from: Int, follow: Bool) throws -> AsyncStream<RunNotice> {
        let run = try run(id)
        let over =
            run.state.isFinal && !(run.state == .accepted && context.settings.pipeline(run.pipeline)?.promote == .auto)
            || run.state == .promoted
        guard over else { return supervision.feed.notices(id, from: from, follow: follow) }
        let kept = try context.ledger.transitions(id).enumerated().map { index, transition in
            RunNotice(index: index, at: transition.at, run: id, state: transition.state, message: transition.message)
        }
        return AsyncStream { continuation in
            for notice in kept where notice.index >= from { continuation.yield(notice) }
            continuation.finish()
        }
    }

    private func examples(_ id: RunID, order: String, limit: Int) throws -> [ExampleComparison] {
        let run = try run(id)
        // What was right and is wrong now matters on golden sets as well; the highest losses are those of the gate
        // rows.
        let pairs = try RunReport.pairs(run, context, sets: nil).filter { pair in
            order == "worst" ? pair.candidate.set == "gate" : pair.candidate.output != nil
        }
        func right(_ record: ExampleRecord?) -> Bool { record.map(ExampleFigures.isRight) ?? false }
        let chosen: [ExampleComparison] =
            switch order {
            case "regressions": pairs.filter { right($0.served) && !right($0.candidate) }
            case "fixes": pairs.filter { !right($0.served) && right($0.candidate) }
            default: pairs
            }
        return Array(
            chosen.sorted {
                $0.candidate.lossSum / Double(max(1, $0.candidate.tokens)) > $1.candidate.lossSum
                    / Double(max(1, $1.candidate.tokens))
            }.prefix(limit))
    }

    private func dropReport(_ id: DropID) throws -> IntakeReport {
        guard let drop = try context.ledger.drop(id),
            let data = FileManager.default.contents(
                atPath: context.layout.intake(drop.pipeline.rawValue, drop: id.rawValue) + "/report.json")
        else {
            throw Failure(
                code: "drop.unknown", "There is no report of a drop '\(id)'.", at: id.rawValue,
                remedy: "See `ftctl drops`.")
        }
        return try ContractCoding.decode(IntakeReport.self, from: data)
    }

    private func generate(_ name: PipelineName, _ request: GenerateRequest) async throws -> GenerateAnswer {
        guard let pipeline = context.settings.pipeline(name) else {
            throw Failure(
                code: "pipeline.unknown", "There is no pipeline '\(name)'.", at: name.rawValue,
                remedy: "See `ftctl pipelines`.")
        }
        let served = request.useBase ? nil : try context.served(name)
        let card = try context.requireBase(served?.base ?? context.effective(pipeline).settings.base)
        let task = GenerateTask(
            model: context.modelReference(card, adapters: served?.adapters ?? []),
            conversations: request.prompts.map { [Message(role: "user", content: $0)] },
            maxNewTokens: request.maxNewTokens,
            temperature: request.temperature)
        let id = "generate-\(UInt32.random(in: 0...UInt32.max))"
        let folder = context.layout.state + "/runs/." + id
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let result = try await launcher.run(
                WorkerRequest(
                    id: id, directory: folder, task: .generate(task), threads: context.settings.daemon.workerThreads),
                silence: .seconds(300)
            ) { _ in }
            return GenerateAnswer(version: served?.id, outputs: result.outputs ?? [])
        } catch let end as WorkerEnd {
            throw end.failure
                ?? Failure(code: "generate.interrupted", "The daemon is stopping.", remedy: "Ask again when it runs.")
        }
    }
}
