import Contracts
import Foundation
import Ledger
import Platform
import RowFormats
import Settings
import Stages

/// Stores one validated drop, batch by batch in constant memory: sides, duplicates, shards, and what is kept out.
final class DropStoring {
    /// Rows a transaction: many rows share one fsync, and memory stays small.
    static let batchRows = 4000

    let context: StageContext
    let drop: Drop
    let data: DataSettings
    private let shardFolder: String
    private var sides: SideRules
    private var writers: [Split: ShardWriter] = [:]
    private var pending: [Row] = []
    private var batches = 0
    private(set) var duplicates = 0
    private(set) var stored = 0
    private(set) var setAside: [SetAsideRow.Reason: Int] = [:]

    init(_ context: StageContext, _ drop: Drop, _ data: DataSettings) {
        self.context = context
        self.drop = drop
        self.data = data
        shardFolder = context.layout.datasets(drop.pipeline.rawValue) + "/shards"
        sides = SideRules(validation: data.validationShare, gate: data.gateShare)
    }

    /// Stores everything; returns the drop as stored and its shards.
    func run() throws -> (drop: Drop, shards: [Split: FileReference]) {
        try AtomicFile.makeFolder(shardFolder)
        // What a crash left half written is written anew.
        try context.ledger.forgetUnfinished(drop.id)
        let folder = context.layout.intake(drop.pipeline.rawValue, drop: drop.id.rawValue)
        try RowFile.read(folder + "/rows.jsonl.zst") { row in
            pending.append(row)
            if pending.count >= Self.batchRows {
                try context.ledger.add(try batch(), of: drop)
                batches += 1
            }
        }
        let last = try batch()
        var shards: [Split: FileReference] = [:]
        for (split, writer) in writers { shards[split] = try writer.finish() }
        var stored = drop
        stored.rowsDuplicate += duplicates
        stored.rowsAccepted = self.stored
        try context.ledger.store(stored, last, shards: shards)
        return (stored, shards)
    }

    /// Works off what is pending.
    private func batch() throws -> DatasetBatch {
        var batch = DatasetBatch()
        let groups = try pending.map(group)
        let known = try context.ledger.known(pending.map(\.id), in: drop.pipeline)
        var seen: Set<RowID> = []
        sides.forget()
        let keys = zip(pending, groups).flatMap { SideRules.keys(prompt: $0.promptKey, group: $1) }
        sides.learn(try context.ledger.sides(Set(keys), in: drop.pipeline))
        for (row, group) in zip(pending, groups) {
            guard !known.contains(row.id), seen.insert(row.id).inserted else {
                batch.duplicates.append((row.id, row.line))
                duplicates += 1
                continue
            }
            switch sides.side(prompt: row.promptKey, group: group) {
            case .conflict:
                batch.setAside.append(SetAsideRow(id: row.id, reason: .splitConflict, drop: drop.id, line: row.line))
                setAside[.splitConflict, default: 0] += 1
            case .side(let side):
                var row = row
                row.split = side
                if writers[side] == nil { writers[side] = try ShardWriter(folder: shardFolder) }
                try writers[side]?.write(row)
                stored += 1
                batch.rows.append(
                    DatasetRow(
                        id: row.id, line: row.line, split: side, label: row.label, promptKey: row.promptKey,
                        answerKey: RowText.answerKey(row.content)))
            }
        }
        batch.sides = sides.takeDecided()
        pending.removeAll(keepingCapacity: true)
        return batch
    }

    /// The row's group as text, where the pipeline has groups and the row has the field.
    private func group(_ row: Row) throws -> String? {
        guard let field = data.groupBy, let value = row.fields?[field], value != .null else { return nil }
        return String(decoding: try ContractCoding.encode(value), as: UTF8.self)
    }
}
