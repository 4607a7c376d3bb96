import Foundation
import Judged
import Launching
import Ledger
import Nouns
import Platform
import RowFiles
import ServiceLifecycle
import Settings
import StageKit
import WorkerProtocol

/// Takes stored drops that are new to what is served; gives them what the served version answers to their rows, before
/// anything learns them ("test, then train").
package struct PrequentialService: Service {
    let context: StageContext
    let launcher: any WorkerRunner
    private let loop: StageLoop
    /// Drops among which a fall is looked for.
    private static let remembered = 60

    package init(_ context: StageContext, launcher: any WorkerRunner) {
        self.context = context
        self.launcher = launcher
        loop = StageLoop("prequential", context, bell: context.bells.prequential, every: .seconds(60))
    }

    package func run() async throws { await loop.run { try await pass() } }

    /// Asks about every drop that waits for it; one pipeline holds up no other.
    func pass() async throws -> StageLoop.Next {
        try await loop.each(
            context.settings.pipelines.filter(\.enabled), as: "pipeline", key: \.name.rawValue,
            about: { ["pipeline": "\($0.name)"] }
        ) { try await answer($0) }
        return .later
    }

    private func answer(_ pipeline: PipelineSettings) async throws {
        guard let unanswered = try UnansweredDrops.of(pipeline.name, context) else { return }
        // The board of problems does not outlive the daemon.
        try tellOfFall(pipeline.name)
        for drop in unanswered.drops {
            try Task.checkCancellation()
            let answers = try await answers(to: drop, of: pipeline, unanswered.served)
            try context.ledger.keep(answers, of: drop.id)
            tell(answers, drop.id, pipeline.name)
            try tellOfFall(pipeline.name)
            context.bells.scheduling.ring()
        }
    }

    /// Has the served version answer rows of a drop. What it cannot be asked is noted, so that nobody waits for it.
    private func answers(to drop: StoredDrop, of pipeline: PipelineSettings, _ served: ModelVersion) async throws
        -> DropAnswers
    {
        let files = try context.ledger.shards(pipeline.name, drop: drop.id).filter { $0.split != .gate }
        let aside = Set(try context.ledger.setAside(pipeline.name, drop: drop.id).map(\.id))
        let rows = try RowChoice.rows(of: files.map(\.file), without: aside)
        var nothing = DropAnswers(version: served.id, at: Date())
        guard !rows.isEmpty else {
            nothing.note = "it has no rows that could be asked"
            return nothing
        }
        let metric = AnswerRules.metric(pipeline.gates, rows: rows)
        let folder = context.layout.scratch("prequential-\(pipeline.name)-\(drop.id)")
        try? FileManager.default.removeItem(atPath: folder)
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let writer = try ShardWriter(folder: folder)
        for row in rows { try writer.write(row) }
        do {
            let request = try request(
                drop.id, in: folder, on: try writer.finish(), served,
                maxNewTokens: metric == nil ? 0 : pipeline.gates.maxNewTokens)
            let silence = Duration.seconds(context.settings.daemon.workerSilenceSeconds)
            let result = try await launcher.run(request, silence: silence) { _ in }
            guard let file = result.evaluations?[.prequential]?.examples else {
                nothing.note = "the worker gave no answers"
                return nothing
            }
            return AnswerRules.answers(
                try RunExamples.records(file.path), to: rows, by: served.id, metric,
                labels: try context.ledger.snapshot(served.snapshot)?.labels, at: Date())
        } catch let end as WorkerEnd {
            guard let failure = end.failure, !Task.isCancelled else { throw CancellationError() }
            nothing.note = failure.message
        } catch let failure as Failure {
            // Such as a base that is there no more: nobody waits for it.
            nothing.note = failure.message
        }
        return nothing
    }

    private func request(
        _ drop: DropID, in folder: String, on rows: FileReference, _ served: ModelVersion, maxNewTokens: Int?
    ) throws -> WorkerRequest {
        var set = EvaluationSet(name: .prequential, files: [rows])
        // Only whether an answer is right is looked at.
        set.cutsAnswers = true
        let task = EvaluateTask(
            model: try context.modelReference(served), sets: [set], maxNewTokens: maxNewTokens,
            maxLength: served.recipe.longest(in: try context.requireBase(served.base).contextLength))
        let daemon = context.settings.daemon
        return WorkerRequest(
            id: "prequential-\(drop)", directory: folder, task: .evaluate(task), threads: daemon.workerThreads,
            memoryBytes: daemon.workerMemoryBytes)
    }

    private func tell(_ answers: DropAnswers, _ drop: DropID, _ pipeline: PipelineName) {
        let found =
            answers.note.map { "were not asked of what is served: \($0)" }
            ?? answers.share.map {
                "were asked of \(answers.version): \(String(format: "%.3f", $0)) of \(answers.asked) answered rightly"
            } ?? "were asked of \(answers.version): a loss of \(String(format: "%.4g", answers.loss ?? .nan))"
        context.logger.info(
            "The rows of \(drop) \(found)",
            metadata: ["pipeline": "\(pipeline)", "drop": "\(drop)", "event": "drop.answered"])
    }

    /// A fall is a problem until a drop comes that shows none.
    private func tellOfFall(_ pipeline: PipelineName) throws {
        let points = try context.ledger.newestAnswers(pipeline, limit: Self.remembered).compactMap { drop, answers in
            answers.share.map { _ in FallRules.Point(drop: drop, asked: answers.asked, right: answers.right) }
        }
        let owner = "prequential:fall:\(pipeline)"
        guard let fall = FallRules.fall(points) else {
            context.problems.set(owner, nil)
            return
        }
        let names = fall.drops.map(\.rawValue).joined(separator: " and ")
        let failure = Failure(
            code: "drops.fall",
            """
            What is served answers \(Int((100 * fall.now).rounded())) % of the rows of \(names) rightly, after \
            \(Int((100 * fall.before).rounded())) % of those before: the task has changed, or their labels are wrong.
            """, at: names,
            remedy: "Look at `ftctl data show \(fall.drops.last?.rawValue ?? names)`; withdraw it if it is wrong.")
        guard context.problems.set(owner, failure) else { return }
        context.logger.warning(
            "\(failure)",
            metadata: [
                "pipeline": "\(pipeline)", "drop": "\(fall.drops.last?.rawValue ?? names)", "event": "drop.fell",
            ])
    }
}
