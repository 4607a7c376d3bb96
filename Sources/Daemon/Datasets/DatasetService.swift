import DataQuality
import Foundation
import Ledger
import Logging
import Nouns
import Platform
import RowFiles
import ServiceLifecycle
import Settings
import StageKit

/// Takes drops in state `validated`; gives them in state `stored`, their new rows in content-addressed shards.
///
/// Never changes a shard: what is stored is named by its content.
package struct DatasetService: Service {
    /// While many drops are stored, their scheduler hears of them so often.
    private static let tellingInterval = Duration.seconds(1)

    let context: StageContext
    /// One at a time changes a dataset: the loop, or who withdraws a drop.
    let turn = Turn()

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
    func pass() { turn.taken(storeAll) }

    private func storeAll() {
        do {
            try catchUp()
            // Counts of the datasets that grow in this pass; their reports follow once, at its end.
            var counts: [PipelineName: DataStatistics] = [:]
            defer { keep(counts) }
            // Whoever schedules looks at all drops each time: where many come at once, once in a while is enough.
            var isTold = true
            var toldAt = ContinuousClock.now - Self.tellingInterval
            func tell() {
                if !isTold { context.bells.scheduling.ring() }
                (isTold, toldAt) = (true, .now)
            }
            defer { tell() }
            for drop in try context.ledger.drops(in: .validated) {
                // Without its pipeline's settings nobody knows the sides; the drop waits until they are back.
                guard let pipeline = context.settings.pipeline(drop.pipeline) else { continue }
                do {
                    defer { context.bells.examination.ring() }
                    try store(drop, pipeline, &counts)
                    isTold = false
                    if ContinuousClock.now - toldAt >= Self.tellingInterval { tell() }
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

    /// Brings indexes and reports up to date with what a crash, a withdrawal or a new template left behind.
    private func catchUp() throws {
        for pipeline in context.settings.pipelines {
            let owner = "datasets:\(pipeline.name):index"
            do {
                guard
                    try !context.ledger.unindexedDrops(pipeline.name).isEmpty
                        || !context.ledger.hasReport(pipeline.name)
                else { continue }
                _ = try NearKeeping(context: context, pipeline: pipeline).open()
                _ = try ReportMaking(context: context, pipeline: pipeline).dataset()
                context.bells.scheduling.ring()
                context.bells.examination.ring()
                context.problems.set(owner, nil)
            } catch { report(error, owner, nil) }
        }
    }

    /// Withdraws a drop; returns how many of its rows stay because other drops brought them too.
    func revoke(_ drop: Drop, who: String, reason: String) throws -> Int {
        try turn.taken {
            let kept = try context.ledger.keptRows(of: drop.id)
            let folder = context.layout.datasets(drop.pipeline.rawValue) + "/shards"
            let places = Dictionary(kept.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            var writers: [DropID: [Split: ShardWriter]] = [:]
            if !kept.isEmpty {
                for shard in try context.ledger.shards(drop.pipeline, drop: drop.id) {
                    try RowFile.read(shard.file.path) { row in
                        guard let place = places[row.id] else { return }
                        var row = row
                        (row.drop, row.line) = (place.drop, place.line)
                        if writers[place.drop]?[shard.split] == nil {
                            writers[place.drop, default: [:]][shard.split] = try ShardWriter(folder: folder)
                        }
                        try writers[place.drop]?[shard.split]?.write(row)
                    }
                }
            }
            var shards: [(drop: DropID, split: Split, file: FileReference)] = []
            for (owner, files) in writers {
                for (split, writer) in files { shards.append((owner, split, try writer.finish())) }
            }
            _ = try context.ledger.revoke(drop.id, kept: kept, shards: shards, who: who, reason: reason)
            NearIndex.remove(folder: context.layout.datasets(drop.pipeline.rawValue) + "/near")
            context.problems.set("datasets:\(drop.id)", nil)
            context.bells.datasets.ring()
            return kept.count
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

    private func store(_ drop: Drop, _ pipeline: PipelineSettings, _ counts: inout [PipelineName: DataStatistics])
        throws
    {
        let near = try NearKeeping(context: context, pipeline: pipeline).open()
        let making = ReportMaking(context: context, pipeline: pipeline)
        var all = try counts[pipeline.name] ?? making.counts()
        let storing = try DropStoring(context, drop, pipeline.data, near: near)
        let (stored, shards, report): (Drop, [Split: FileReference], DataReport?)
        do { (stored, shards, report) = try storing.run(making, against: all) } catch {
            near.discard()
            throw error
        }
        all.merge(storing.statistics)
        counts[pipeline.name] = all
        try near.commit()
        try context.ledger.markIndexed([drop.id])
        let removed = storing.setAside.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            ", \($0.value) kept out: \($0.key.rawValue)"
        }.joined()
        context.logger.notice(
            """
            Stored \(storing.stored) rows of \(drop.name) (\(shards[.train]?.rows ?? 0) to train, \
            \(shards[.validation]?.rows ?? 0) validation, \(shards[.gate]?.rows ?? 0) gate; \
            \(stored.rowsDuplicate) known already\(removed))
            """,
            metadata: ["pipeline": "\(drop.pipeline)", "drop": "\(drop.id)", "event": "drop.stored"])
        if let report { making.tell(report, stored) }
    }

    private func keep(_ counts: [PipelineName: DataStatistics]) {
        for (name, counts) in counts {
            guard let pipeline = context.settings.pipeline(name) else { continue }
            do { try ReportMaking(context: context, pipeline: pipeline).keepDataset(counts) } catch {
                report(error, "datasets:\(name):report", nil)
            }
        }
    }
}
