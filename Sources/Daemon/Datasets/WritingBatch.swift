import Dispatch
import Ledger
import Nouns
import Synchronization

/// A batch that is being written, into its shards and the ledger, while the next one is looked at; and what of it the
/// ledger may not tell yet.
final class WritingBatch: Sendable {
    /// Its rows, with their lines.
    let lines: [RowID: Int]
    /// Sides that were decided in it.
    let sides: Sides
    private let done = DispatchGroup()
    private let failure = Mutex<(any Error)?>(nil)

    /// Begins to write.
    init(
        _ batch: DatasetBatch, of drop: Drop, _ ledger: Ledger, shardLines: [(side: Split, line: [UInt8])],
        into shards: DropShards
    ) {
        lines = Dictionary(batch.rows.map { ($0.id, $0.line) }, uniquingKeysWith: { first, _ in first })
        sides = batch.sides
        DispatchQueue.global().async(group: done) {
            do {
                try shards.write(shardLines)
                try ledger.add(batch, of: drop)
            } catch { self.failure.withLock { $0 = error } }
        }
    }

    /// Waits until it is written. Throws what went wrong.
    func wait() throws {
        done.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
