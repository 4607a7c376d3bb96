import Foundation
import Judged
import Launching
import Ledger
import Nouns
import ServiceLifecycle
import Settings
import StageKit

/// Takes runs in state `promoted`; gives them in state `delivered`: exported, tried by the canary, and told of.
///
/// Also tells hooks and webhooks of runs that failed or were not good enough. Never decides what is served, but for
/// asking for the rollback of what the canary objects to.
package struct DeliveryService: Service {
    let context: StageContext
    private let loop: StageLoop
    private let exporter: Exporter
    /// What people asked to have exported.
    package let orders = ExportOrders()
    private let models: any ModelAnswers
    private let rollBack: @Sendable (PipelineName, VersionID, String) throws -> Void

    /// - Parameters:
    ///   - models: the serving path, which the canary asks.
    ///   - rollBack: serves what was served before the given version, where that one is still served, for the given
    ///     reason.
    package init(
        _ context: StageContext, launcher: any WorkerRunner, models: any ModelAnswers,
        rollBack: @escaping @Sendable (PipelineName, VersionID, String) throws -> Void
    ) {
        self.context = context
        self.models = models
        exporter = Exporter(context: context, launcher: launcher)
        self.rollBack = rollBack
        loop = StageLoop("delivery", context, bell: context.bells.delivery, every: .seconds(45))
    }

    package func run() async throws {
        // Told apart from exporting, so that nobody waits minutes for the news.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await loop.run { try await pass() } }
            group.addTask {
                await Notifier(context, webhook: Webhook(sender: HTTPSender())).run()
            }
            try await group.waitForAll()
        }
    }

    /// Delivers every promoted run. One that cannot be delivered now is tried again and does not hold up the others.
    func pass() async throws {
        try await loop.each(
            context.ledger.runs(in: [.promoted]), as: "run", key: \.id.rawValue,
            about: { ["pipeline": "\($0.pipeline)", "run": "\($0.id)"] }
        ) { try await deliver($0) }
        while let order = orders.next() { try await work(order) }
    }

    /// Makes an export that somebody asked for; how it ended is told to whoever asks.
    private func work(_ order: ExportOrders.Order) async throws {
        do {
            let record = try await exporter.make(order)
            orders.end(order, record.failure == nil ? .done : .failed, record.failure)
        } catch let cancelled as CancellationError {
            orders.end(order, .waiting)
            throw cancelled
        } catch {
            orders.end(order, .failed, StageContext.failure(error, code: "export.failed"))
        }
    }

    /// How a run is delivered: as its pipeline says now; where that is gone, in the formats that were judged.
    private func settings(_ run: Run) throws -> DeliverySettings {
        if let pipeline = context.settings.pipeline(run.pipeline) { return pipeline.delivery }
        var settings = DeliverySettings()
        if run.settings != nil { settings.exports = try FrozenSettings.of(run, context).exports }
        return settings
    }

    private func deliver(_ run: Run) async throws {
        let settings = try settings(run)
        guard let version = try run.version.flatMap({ try context.ledger.version($0) }) else {
            try context.apply(run.id, .delivered("delivered"))
            return
        }
        // Tried before anything is written for others: what is rolled back is not exported.
        if try context.ledger.served(run.pipeline)?.version == version.id,
            let objection = try await Canary(context: context, models: models).objection(run, version, settings)
        {
            try rollBack(run.pipeline, version.id, objection)
            try context.apply(run.id, .delivered("rolled back: \(objection)"))
            return
        }
        let failed = try await exporter.export(version, settings.exports, judged: run.artefacts ?? [])
        for record in failed {
            let failure = record.failure ?? Failure(code: "export.failed", "The export failed.")
            context.logger.error(
                "Exporting \(version.id) as \(record.format.rawValue) failed: \(failure)",
                metadata: [
                    "pipeline": "\(run.pipeline)", "run": "\(run.id)", "stage": "delivery", "event": "delivery.failed",
                ])
        }
        context.problems.set("export:\(run.pipeline)", failed.first?.failure)
        let done = settings.exports.filter { format in !failed.contains { $0.format == format } }.map(\.rawValue)
        let message =
            "delivered" + (done.isEmpty ? "" : ": exported as \(done.joined(separator: ", "))")
            + (failed.isEmpty ? "" : "; not as \(failed.map(\.format.rawValue).joined(separator: ", "))")
        try context.apply(run.id, .delivered(message))
    }
}
