import Contracts
import Foundation
import Ledger
import Logging
import Platform
import ServiceLifecycle
import Settings
import Stages

/// Takes drops in state `validated`; gives them in state `stored`, their new rows in content-addressed shards.
///
/// Never changes a shard: what is stored is named by its content.
package struct DatasetService: Service {
    let context: StageContext

    package init(_ context: StageContext) { self.context = context }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                pass()
                await context.bells.datasets.wait(atMost: .seconds(30))
            }
        }
    }

    /// Stores every validated drop. One that cannot be stored keeps its state and does not hold up the others.
    func pass() {
        do {
            for drop in try context.ledger.drops(in: .validated) {
                // Without its pipeline's settings nobody knows the sides; the drop waits until they are back.
                guard let pipeline = context.settings.pipeline(drop.pipeline) else { continue }
                do {
                    try store(drop, pipeline)
                    context.problems.set("datasets:\(drop.id)", nil)
                } catch {
                    // Half-written rows must not count as known to the next drop.
                    try context.ledger.forgetUnfinished(drop.id)
                    report(error, "datasets:\(drop.id)", drop)
                }
            }
            context.problems.set("datasets", nil)
        } catch {
            report(error, "datasets", nil)
        }
    }

    private func report(_ error: any Error, _ owner: String, _ drop: Drop?) {
        let failure = StageContext.failure(error, code: "datasets.store")
        guard context.problems.set(owner, failure) else { return }
        var metadata: Logger.Metadata = ["event": "stage.failed", "stage": "datasets"]
        if let drop {
            metadata["pipeline"] = "\(drop.pipeline)"
            metadata["drop"] = "\(drop.id)"
        }
        context.logger.error("\(failure)", metadata: metadata)
    }

    private func store(_ drop: Drop, _ pipeline: PipelineSettings) throws {
        let storing = DropStoring(context, drop, pipeline.data)
        let (stored, shards) = try storing.run()
        let removed = storing.setAside.sorted { $0.key.rawValue < $1.key.rawValue }.map { ", \($0.value) kept out: \($0.key.rawValue)" }.joined()
        context.logger.notice(
            "Stored \(storing.stored) rows of \(drop.name) (\(shards[.train]?.rows ?? 0) to train, \(shards[.validation]?.rows ?? 0) validation, \(shards[.gate]?.rows ?? 0) gate; \(stored.rowsDuplicate) known already\(removed))",
            metadata: ["pipeline": "\(drop.pipeline)", "drop": "\(drop.id)", "event": "drop.stored"])
        context.bells.scheduling.ring()
    }
}
