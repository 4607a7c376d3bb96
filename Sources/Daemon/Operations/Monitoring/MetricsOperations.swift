import ControlProtocol
import Foundation
import Gating
import Ledger
import Monitoring
import Nouns
import Platform
import Serving
import StageKit
import Synchronization

/// What a monitoring system is told: what the process has counted, and what the ledger and the machine say now.
package struct MetricsOperations: Sendable {
    let context: StageContext
    let status: StatusOperations
    let serving: any ServingPath
    let feedback: FeedbackOperations
    /// Looks at the sizes on disk beside the answers.
    package let stores: StoreSizes
    private let judged = JudgedFigures()

    init(
        _ context: StageContext, status: StatusOperations, serving: any ServingPath, feedback: FeedbackOperations
    ) {
        (self.context, self.status, self.serving, self.feedback) = (context, status, serving, feedback)
        stores = StoreSizes(context)
    }

    /// Where requests are counted.
    package var meters: Meters { context.meters }

    /// Everything, in Prometheus' text format. Throws what the ledger throws.
    package func text() throws -> String {
        var text = Exposition(context.meters)
        addDaemon(&text)
        let pipelines = context.settings.pipelines.map(\.name)
        for pipeline in pipelines { begin(pipeline, &text) }
        try addLedger(pipelines, &text)
        try addWork(&text)
        for pipeline in pipelines { try addServed(pipeline, &text) }
        return text.text
    }

    private func addDaemon(_ text: inout Exposition) {
        text.set(.build, 1, BuildVersion.text)
        text.set(.started, status.startedAt.timeIntervalSince1970)
        text.set(.ready, (try? status.ready()) == nil ? 0 : 1)
        text.set(.problems, Double(context.problems.count))
        for level in ["warning", "error", "critical"] { text.begin(.records, level) }
        text.set(.memory, Double(System.residentBytes()), "daemon")
        text.set(.memory, System.residentBytesOfChildren().map(Double.init), "programs")
        text.set(.diskFree, System.freeBytes(context.layout.state).map(Double.init))
        for (store, bytes) in stores.now { text.set(.stores, Double(bytes), store) }
        for histogram in [MetricFamily.requestSeconds, .firstToken, .queueWait] { text.begin(histogram) }
        let load = serving.load
        text.set(.streams, Double(load.atWork))
        text.set(.waiting, Double(load.waiting))
    }

    /// A pipeline's counters are there from the beginning, so that the first rise of each is seen.
    private func begin(_ pipeline: PipelineName, _ text: inout Exposition) {
        let name = pipeline.rawValue
        for outcome in ["stored", "quarantined", "duplicate"] { text.begin(.drops, name, outcome) }
        for outcome in ["stored", "bad", "duplicate", "kept_out"] { text.begin(.rows, name, outcome) }
        for state in Self.ends { text.begin(.ended, name, state.rawValue) }
        for kind in ["automatic", "manual", "forced", "rollback", "canary-rollback"] {
            text.begin(.promotions, name, kind)
        }
        for rating in ["good", "bad"] { text.begin(.ratings, name, rating) }
        for family in [MetricFamily.trained, .swaps] { text.begin(family, name) }
        text.set(.oldestWait, 0, name)
    }

    /// How a run can end, as far as its verdict.
    private static let ends: [RunState] = [.accepted, .rejected, .inconclusive, .failed, .cancelled]

    private func addLedger(_ pipelines: [PipelineName], _ text: inout Exposition) throws {
        let names = Set(pipelines)
        let census = try context.ledger.census()
        for (key, count) in census.runs where names.contains(key.pipeline) {
            text.set(.runs, Double(count), "\(key.pipeline)", key.state)
        }
        for (pipeline, since) in census.oldestQueued where names.contains(pipeline) {
            text.set(.oldestWait, max(0, Date().timeIntervalSince(since)), "\(pipeline)")
        }
        for (key, rows) in census.rows where names.contains(key.pipeline) {
            text.set(.dataset, Double(rows), "\(key.pipeline)", key.split)
        }
        for (pipeline, at) in census.lastStored where names.contains(pipeline) {
            text.set(.lastDrop, at.timeIntervalSince1970, "\(pipeline)")
        }
        text.set(.notificationsPending, Double(census.pendingNotifications))
    }

    private func addWork(_ text: inout Exposition) throws {
        for run in try context.ledger.runs(in: [.training]) where run.paused == nil {
            guard let step = context.feed.lastStep(run.id) else { continue }
            let name = run.pipeline.rawValue
            text.set(.step, Double(step.step), name)
            text.set(.steps, Double(step.steps), name)
            text.set(.loss, step.loss, name)
            text.set(.rate, step.tokensPerSecond, name)
        }
    }

    private func addServed(_ pipeline: PipelineName, _ text: inout Exposition) throws {
        let name = pipeline.rawValue
        text.set(.lastPromotion, try context.ledger.lastPromotion(pipeline)?.timeIntervalSince1970, name)
        let version = try context.ledger.served(pipeline)?.version
        text.set(.completions, Double(feedback.store.count(pipeline)), name)
        if let share = feedback.shares(pipeline)[version] {
            text.set(.badShare, share.badShare, name)
            text.set(.badShareLower, share.lower, name)
            text.set(.badShareUpper, share.upper, name)
        }
        text.set(.newRows, try context.ledger.answeredDrops(pipeline, limit: 1).first?.answers?.share, name)
        guard let version else { return }
        for gate in try judged.gates(of: version, context.ledger) {
            text.set(.gateEstimate, gate.difference, name, gate.metric.rawValue)
            text.set(.gateLower, gate.lowerBound, name, gate.metric.rawValue)
            text.set(.gateUpper, gate.upperBound, name, gate.metric.rawValue)
        }
    }
}
