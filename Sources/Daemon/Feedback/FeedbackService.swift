import Foundation
import Ledger
import Nouns
import Platform
import ServiceLifecycle
import Settings
import StageKit

/// Takes what people said of answers; gives drops of corrected rows, and asks for the rollback of versions whose
/// answers are too often bad.
///
/// A row that was chosen by an answer never judges, since any other model looks better on it: rows whose prompt has no
/// side yet are training rows, and those whose prompt is on the gate side are a set of their own.
package struct FeedbackService: Service {
    /// Takes rows as a drop of a pipeline.
    package typealias Receive =
        @Sendable (_ rows: Data, _ id: DropID, _ name: String, _ raters: [String], _ pipeline: PipelineName) throws ->
        Void

    let context: StageContext
    let store: CompletionStore
    private let loop: StageLoop
    private let receive: Receive
    private let rollBack: @Sendable (PipelineName, VersionID, String) throws -> Void

    /// - Parameters:
    ///   - receive: takes rows as a drop of a pipeline.
    ///   - rollBack: serves what was served before the given version, where that one is still served, for the given
    ///     reason.
    package init(
        _ context: StageContext, _ store: CompletionStore, receive: @escaping Receive,
        rollBack: @escaping @Sendable (PipelineName, VersionID, String) throws -> Void
    ) {
        self.context = context
        self.store = store
        self.receive = receive
        self.rollBack = rollBack
        loop = StageLoop("feedback", context, bell: Bell(), every: .seconds(45))
    }

    package func run() async throws { await loop.run { try pass() } }

    /// Looks at every pipeline's feedback once.
    package func pass(_ now: Date = Date()) throws {
        try store.expire(now)
        try loop.each(
            context.settings.pipelines.filter(\.enabled), as: "pipeline", key: \.name.rawValue,
            about: { ["pipeline": "\($0.name)"] }
        ) { pipeline in
            try drop(pipeline, now)
            try look(pipeline)
        }
    }

    /// Makes a drop of what is to be learnt, once the oldest of it has settled.
    private func drop(_ pipeline: PipelineSettings, _ now: Date) throws {
        let pending = try store.pending(pipeline.name, usesApproved: pipeline.feedback.approved)
        let oldest = pending.flatMap(\.ratings).map(\.at).min()
        guard let oldest, now.timeIntervalSince(oldest) >= pipeline.feedback.settleSeconds else { return }
        let asPair = try learnsFromPairs(pipeline)
        let learnt = pending.compactMap { stored in
            FeedbackRow(stored, usesApproved: pipeline.feedback.approved, asPair: asPair).map { (stored.id, $0) }
        }
        guard !learnt.isEmpty else { return }
        let id = DropID.new(at: now, random: UInt32.random(in: 0...UInt32.max))
        let lines = learnt.reduce(into: Data()) { $0 += $1.1.line + Data("\n".utf8) }
        // Marked first: a daemon that is killed in between finds no such drop, and makes it anew.
        try store.mark(learnt.map(\.0), drop: id)
        try receive(
            lines, id, "feedback-\(id).jsonl", Set(learnt.flatMap(\.1.raters)).sorted(), pipeline.name)
        context.logger.notice(
            "\(learnt.count) rated answers of \(pipeline.name) become rows",
            metadata: ["pipeline": "\(pipeline.name)", "drop": "\(id)", "stage": "feedback"])
    }

    /// Whether the pipeline's rows are pairs of a better and a worse answer.
    private func learnsFromPairs(_ pipeline: PipelineSettings) throws -> Bool {
        if let shape = pipeline.data.shape { return shape == .preference }
        return try context.ledger.runs(pipeline: pipeline.name, limit: 1).first.map {
            try context.ledger.snapshot($0.snapshot)?.hasPairs == true && $0.recipe.trainsPairs
        } ?? false
    }

    /// Takes a version back whose answers are too often bad.
    private func look(_ pipeline: PipelineSettings) throws {
        guard let share = pipeline.delivery.rollbackBadShare,
            let version = try context.ledger.served(pipeline.name)?.version,
            let tally = store.tallies(pipeline.name)[version],
            let objection = tally.objection(above: share, minimum: pipeline.delivery.rollbackMinimum)
        else { return }
        try rollBack(pipeline.name, version, objection)
    }
}
