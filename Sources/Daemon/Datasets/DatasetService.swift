import Compression
import Contracts
import Foundation
import Ledger
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

    /// Stores every validated drop.
    func pass() {
        do {
            for drop in try context.ledger.drops(in: .validated) { try store(drop) }
            context.problems.set("datasets", nil)
        } catch {
            let failure = StageContext.failure(error, code: "datasets.store")
            if context.problems.set("datasets", failure) { context.logger.error("\(failure)", metadata: ["event": "stage.failed", "stage": "datasets"]) }
        }
    }

    private func store(_ drop: Drop) throws {
        let folder = context.layout.intake(drop.pipeline.rawValue, drop: drop.id.rawValue)
        let shardFolder = context.layout.datasets(drop.pipeline.rawValue) + "/shards"
        try AtomicFile.makeFolder(shardFolder)
        var index: [(id: RowID, line: Int, split: Split, label: String?)] = []
        var writers: [Split: ShardWriter] = [:]
        var duplicates = 0
        var batch: [Row] = []
        func flush() throws {
            let known = try context.ledger.known(batch.map(\.id), in: drop.pipeline)
            for row in batch {
                guard !known.contains(row.id) else {
                    duplicates += 1
                    continue
                }
                if writers[row.split] == nil { writers[row.split] = try ShardWriter(folder: shardFolder) }
                try writers[row.split]?.write(row)
                index.append((row.id, row.line, row.split, row.label))
            }
            batch.removeAll(keepingCapacity: true)
        }
        try RowFile.read(folder + "/rows.jsonl.zst") { row in
            batch.append(row)
            if batch.count >= 1000 { try flush() }
        }
        try flush()
        var shards: [Split: FileReference] = [:]
        for (split, writer) in writers { shards[split] = try writer.finish() }
        var stored = drop
        stored.rowsDuplicate += duplicates
        stored.rowsAccepted -= duplicates
        try context.ledger.store(stored, rows: index, shards: shards)
        context.logger.notice(
            "Stored \(index.count) rows of \(drop.name) (\(shards[.train]?.rows ?? 0) to train, \(shards[.validation]?.rows ?? 0) validation, \(shards[.gate]?.rows ?? 0) gate; \(stored.rowsDuplicate) known already)",
            metadata: ["pipeline": "\(drop.pipeline)", "drop": "\(drop.id)", "event": "drop.stored"])
        context.bells.scheduling.ring()
    }
}
