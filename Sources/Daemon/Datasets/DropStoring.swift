import Contracts
import DataQuality
import Foundation
import JSONText
import Ledger
import Platform
import RowFiles
import RowFormats
import Settings
import Stages

/// Stores one validated drop, batch by batch in constant memory: sides, duplicates, shards, what is kept out, and what is counted of it.
final class DropStoring {
    /// Rows a transaction: many rows share one fsync, and memory stays small.
    static let batchRows = 16_000
    private static let batchBytes = 16 << 20
    /// Rows of the first batch by which the parts of a template are told.
    private static let calibrationRows = 4000
    /// Near duplicates that a report names.
    private static let examples = 20

    let context: StageContext
    let drop: Drop
    let data: DataSettings
    private let shardFolder: String
    private let near: NearIndex
    private var sides: SideRules
    private var writers: [Split: ShardWriter] = [:]
    private var pending: [Row] = []
    /// The batch before, which the ledger may not know yet.
    private var writing: WritingBatch?
    private var bytes = 0
    private var duplicates = 0
    private(set) var stored = 0
    private(set) var setAside: [SetAsideRow.Reason: Int] = [:]
    private(set) var statistics = DataStatistics(drops: 1)
    private(set) var pairs: [DataReport.SimilarPair] = []

    /// - Parameter near: the index of the pipeline's rows; what is added to it is for the caller to commit or discard.
    init(_ context: StageContext, _ drop: Drop, _ data: DataSettings, near: NearIndex) {
        self.context = context
        self.drop = drop
        self.data = data
        self.near = near
        shardFolder = context.layout.datasets(drop.pipeline.rawValue) + "/shards"
        sides = SideRules(validation: data.validationShare, gate: data.gateShare)
    }

    /// Stores everything; returns the drop as stored and its shards.
    func run() throws -> (drop: Drop, shards: [Split: FileReference]) {
        try AtomicFile.makeFolder(shardFolder)
        // Whoever catches an error undoes what was written, so nothing may go on writing then; that it failed as well adds nothing.
        defer { try? writing?.wait() }
        // What a crash left half written is written anew.
        try context.ledger.forgetUnfinished(drop.id)
        let folder = context.layout.intake(drop.pipeline.rawValue, drop: drop.id.rawValue)
        try RowFile.readParallel(folder + "/rows.jsonl.zst") { rows in
            for row in rows {
                pending.append(row)
                bytes += row.content.textBytes
                guard pending.count >= Self.batchRows || bytes >= Self.batchBytes else { continue }
                let next = try batch()
                try writing?.wait()
                writing = WritingBatch(next, of: drop, context.ledger)
            }
        }
        let last = try batch()
        try writing?.wait()
        var shards: [Split: FileReference] = [:]
        for (split, writer) in writers { shards[split] = try writer.finish() }
        var stored = drop
        stored.rowsDuplicate += duplicates
        stored.rowsAccepted = self.stored
        statistics.exactDuplicates = stored.rowsDuplicate
        try context.ledger.store(stored, last, shards: shards)
        return (stored, shards)
    }

    /// Works off what is pending.
    private func batch() throws -> DatasetBatch {
        var batch = DatasetBatch()
        var rows: [Row] = []
        let (action, group) = (data.sensitive, data.groupBy)
        let screened = try Parallel.slices(pending) { slice in
            var screening = RowScreening(action: action, group: group)
            return (outcomes: try slice.map { try screening.screen($0) }, kinds: screening.rows)
        }
        for slice in screened {
            statistics.sensitive.merge(slice.kinds, uniquingKeysWith: +)
            for outcome in slice.outcomes {
                switch outcome {
                case .keep(let row): rows.append(row)
                case .reject(let row): keepOut(row.id, .sensitive, line: row.line, into: &batch)
                }
            }
        }
        pending.removeAll(keepingCapacity: true)
        bytes = 0
        rows = try placed(rows, &batch)
        try examine(rows, &batch)
        let written = try Parallel.slices(rows) { slice in try slice.map { (line: try CanonicalJSON.line($0), answerKey: RowText.answerKey($0.content)) } }
        for (row, made) in zip(rows, written.joined()) {
            if writers[row.split] == nil { writers[row.split] = try ShardWriter(folder: shardFolder) }
            try writers[row.split]?.write(line: made.line)
            batch.rows.append(
                DatasetRow(id: row.id, line: row.line, split: row.split, label: row.label, promptKey: row.promptKey, answerKey: made.answerKey))
        }
        stored += rows.count
        batch.sides = sides.takeDecided()
        return batch
    }

    /// The rows that are new, each on its side.
    private func placed(_ rows: [Row], _ batch: inout DatasetBatch) throws -> [Row] {
        let groups = try rows.map(group)
        let known = try context.ledger.known(rows.map(\.id), in: drop.pipeline)
        let before = writing?.lines ?? [:]
        var seen: Set<RowID> = []
        sides.forget()
        let keys = zip(rows, groups).flatMap { SideRules.keys(prompt: $0.promptKey, group: $1) }
        sides.learn(writing?.sides ?? [:])
        sides.learn(try context.ledger.sides(Set(keys), in: drop.pipeline))
        var placed: [Row] = []
        for (row, group) in zip(rows, groups) {
            guard !known.contains(row.id), before[row.id] == nil, seen.insert(row.id).inserted else {
                batch.duplicates.append((row.id, row.line))
                duplicates += 1
                continue
            }
            switch sides.side(prompt: row.promptKey, group: group) {
            case .conflict: keepOut(row.id, .splitConflict, line: row.line, into: &batch)
            case .side(let side):
                var row = row
                row.split = side
                placed.append(row)
            }
        }
        return placed
    }

    /// Counts what the rows are like, and finds those that are nearly the same as earlier ones.
    private func examine(_ rows: [Row], _ batch: inout DatasetBatch) throws {
        // A template is best known before the first row is indexed.
        if near.rows == 0, near.wantsCalibration(rows: rows.count) {
            let sample = Array(rows.prefix(Self.calibrationRows))
            let shingles = Parallel.slices(sample) { $0.map { Shingles.hashes(NormalisedText(RowText.whole($0.content))) } }
            try near.calibrate(shingles.flatMap { $0 }, rows: rows.count)
        }
        let common = near.common
        let looks = Parallel.slices(rows) { slice in
            var counts = DataStatistics()
            let looks = slice.map { row in
                let text = RowText.whole(row.content)
                let normalised = NormalisedText(text)
                let broken = counts.add(row.id, split: row.split, label: row.label, text: text, normalised)
                return (sketch: Sketch(shingles: Shingles.hashes(normalised), common: common), isRepetitive: !broken.isEmpty)
            }
            return (counts, looks)
        }
        var entries: [NearSegment.Entry] = []
        for (counts, looks) in looks {
            statistics.merge(counts)
            for look in looks {
                let row = rows[entries.count]
                if look.isRepetitive, data.repetition == .remove, row.split == .train { keepOut(row.id, .repetition, line: row.line, into: &batch) }
                entries.append(NearSegment.Entry(id: row.id, split: row.split, sketch: look.sketch))
            }
        }
        let matches = try near.add(entries, threshold: data.nearDuplicateSimilarity)
        let lines = Dictionary(rows.map { ($0.id, $0.line) }, uniquingKeysWith: { first, _ in first })
        let before = writing?.lines ?? [:]
        for (row, matches) in zip(rows, matches) {
            guard let best = matches.max(by: { ($0.similarity, $1.row) < ($1.similarity, $0.row) }) else { continue }
            statistics.nearDuplicates += 1
            if pairs.count < Self.examples { pairs.append(.init(row: row.id, line: row.line, other: best.row, similarity: best.similarity)) }
            let aside = try NearRules.setAside(row, of: drop.id, matches, data) {
                try (lines[$0] ?? before[$0]).map { (drop.id, $0) } ?? context.ledger.place(of: $0, in: drop.pipeline)
            }
            batch.setAside += aside
            for row in aside { setAside[row.reason, default: 0] += 1 }
        }
    }

    private func keepOut(_ id: RowID, _ reason: SetAsideRow.Reason, line: Int, into batch: inout DatasetBatch) {
        batch.setAside.append(SetAsideRow(id: id, reason: reason, drop: drop.id, line: line))
        setAside[reason, default: 0] += 1
    }

    /// The row's group as text, where the pipeline has groups and the row has the field.
    private func group(_ row: Row) throws -> String? {
        guard let field = data.groupBy, let value = row.fields?[field], value != .null else { return nil }
        return String(decoding: try ContractCoding.encode(value), as: UTF8.self)
    }
}
