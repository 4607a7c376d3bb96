import DataQuality
import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
import RowFormats
import Settings
import StageKit

/// Stores one validated drop, batch by batch in constant memory: sides, duplicates, shards, what is kept out, and what
/// is counted of it.
final class DropStoring {
    /// Rows a transaction: many rows share one fsync, and memory stays small.
    static let batchRows = 8192
    private static let batchBytes = 6 << 20
    /// Near duplicates that a report names.
    private static let examples = 20

    let context: StageContext
    let drop: Drop
    let data: DataSettings
    private let near: NearIndex
    private let rowsAtOnce: Int
    private var sides: SideRules
    private let shards: DropShards
    /// The batch before, which the ledger may not know yet.
    private var writing: WritingBatch?
    private let hasRowsWithoutPrompt: Bool
    /// Rows that gate rows of this drop keep out of training. In texts that repeat themselves every gate row names the
    /// same few again.
    private var leaving: Set<RowID> = []
    private var duplicates = 0
    private(set) var stored = 0
    private(set) var setAside: [SetAsideRow.Reason: Int] = [:]
    private(set) var statistics = DataStatistics(drops: 1)
    private(set) var pairs: [DataReport.SimilarPair] = []

    /// - Parameters:
    ///   - near: the index of the pipeline's rows; what is added to it is for the caller to commit or discard.
    ///   - rowsAtOnce: rows a transaction.
    init(
        _ context: StageContext, _ drop: Drop, _ data: DataSettings, near: NearIndex,
        rowsAtOnce: Int = DropStoring.batchRows
    ) throws {
        self.rowsAtOnce = rowsAtOnce
        self.context = context
        self.drop = drop
        self.data = data
        self.near = near
        let folder = context.layout.shards(drop.pipeline)
        try AtomicFile.makeFolder(folder)
        shards = DropShards(folder: folder)
        hasRowsWithoutPrompt = try context.ledger.hasRowsWithoutPrompt(drop.pipeline)
        // Any other model looks better on rows that were chosen by the answers of one, so that they never judge.
        sides =
            drop.raters == nil
            ? SideRules(validation: data.validationShare, gate: drop.gateShare ?? data.gateShare(rows: Int.max))
            : SideRules(validation: 0, gate: 0)
    }

    /// Stores everything; returns the drop as stored, its shards and its report.
    ///
    /// Throws a CancellationError between two batches where the task is cancelled: the drop is not stored then, and
    /// what was written of it is removed when it is stored anew.
    ///
    /// - Parameter counts: what was counted of the dataset before this drop.
    func run(_ making: ReportMaking, against counts: DataStatistics) throws -> (
        drop: Drop, shards: [Split: FileReference], report: DataReport?
    ) {
        // Whoever catches an error undoes what was written, so nothing may go on writing then; that it failed as well
        // adds nothing.
        defer { try? writing?.wait() }
        // What a crash left half written is written anew.
        try context.ledger.forgetUnfinished(drop.id)
        let folder = context.layout.intake(drop.pipeline, drop: drop.id)
        let path = folder + "/" + DatasetService.rowsName
        let maker = PreparedRows.Maker(data, near: near)
        var last = PreparedRows()
        try ReadAhead.run { [rowsAtOnce] give in
            var maker = maker
            try RowFile.readParallel(path, atOnce: rowsAtOnce, bytes: Self.batchBytes) {
                try give(try maker.prepare($0))
            }
        } take: { prepared in
            // The last one is written together with the drop's new state.
            let former = last
            last = prepared
            guard !former.isEmpty else { return }
            let (next, lines) = try batch(former)
            try writing?.wait()
            writing = WritingBatch(next, of: drop, context.ledger, shardLines: lines, into: shards)
        }
        let (rest, lines) = try batch(last)
        try writing?.wait()
        try shards.write(lines)
        let files = try shards.finish()
        var stored = drop
        stored.rowsDuplicate += duplicates
        stored.rowsAccepted = self.stored
        statistics.exactDuplicates = stored.rowsDuplicate
        var report: DataReport?
        try context.ledger.store(stored, rest, shards: files) { contradictions, removed in
            let made = making.report(
                self.drop.id, self.statistics, pairs: self.pairs, contradictions: contradictions, removed: removed,
                against: counts)
            report = made
            return made
        }
        return (stored, files, report)
    }

    /// Places and counts rows; returns what the ledger is to know of them, and their lines.
    private func batch(_ prepared: PreparedRows) throws -> (DatasetBatch, lines: [(side: Split, line: [UInt8])]) {
        var batch = DatasetBatch()
        statistics.sensitive.merge(prepared.sensitive, uniquingKeysWith: +)
        for row in prepared.rejected { keepOut(row.id, .sensitive, line: row.line, into: &batch) }
        if let common = prepared.common { try near.calibrate(common, rows: prepared.kept.count) }
        let rows = try placed(prepared.kept, &batch)
        Pulse.beat()
        try Task.checkCancellation()
        try examine(rows, &batch)
        batch.rows = rows.map { placed in
            let row = placed.kept.row
            return DatasetRow(
                id: row.id, line: row.line, split: placed.side, label: row.label, promptKey: row.promptKey,
                answerKey: placed.kept.answerKey)
        }
        stored += rows.count
        batch.sides = sides.takeDecided()
        return (batch, try rows.map { ($0.side, try $0.kept.line(on: $0.side)) })
    }

    /// A row that is new, and the side that it is on.
    private struct Placed {
        let kept: PreparedRows.Kept
        let side: Split
    }

    /// The rows that are new, each on its side.
    private func placed(_ rows: [PreparedRows.Kept], _ batch: inout DatasetBatch) throws -> [Placed] {
        var decided = try context.ledger.sides(
            prompts: rows.lazy.map(\.row.promptKey), groups: Set(rows.compactMap(\.group)), in: drop.pipeline)
        if drop.raters != nil { try takeSides(of: rows, &decided) }
        // Who has a row has its prompt, so that most rows need not be asked for.
        let asked = hasRowsWithoutPrompt ? rows : rows.filter { decided.prompts[$0.row.promptKey] != nil }
        let known = try context.ledger.known(asked.map(\.row.id), in: drop.pipeline)
        let before = writing?.lines ?? [:]
        var seen: Set<RowID> = []
        sides.know([decided] + (writing.map { [$0.sides] } ?? []))
        return rows.compactMap { kept in
            let row = kept.row
            guard !known.contains(row.id), before[row.id] == nil, seen.insert(row.id).inserted else {
                batch.duplicates.append((row.id, row.line))
                duplicates += 1
                return nil
            }
            switch sides.side(prompt: row.promptKey, group: kept.group) {
            case .conflict:
                keepOut(row.id, .splitConflict, line: row.line, into: &batch)
                return nil
            case .side(let side): return Placed(kept: kept, side: side)
            }
        }
    }

    /// Puts rows that were chosen by rating answers on the gate side where their question is there in another shape:
    /// people may have dropped it as a prompt, and it was asked as a conversation.
    private func takeSides(of rows: [PreparedRows.Kept], _ decided: inout Sides) throws {
        let open = rows.map(\.row).filter { decided.prompts[$0.promptKey] == nil }
        let others = try context.ledger.sides(
            prompts: open.compactMap { RowIdentity.otherPromptKey($0.content) }, groups: [String](), in: drop.pipeline
        ).prompts
        for row in open where RowIdentity.otherPromptKey(row.content).map({ others[$0] == .gate }) == true {
            decided.prompts[row.promptKey] = .gate
        }
    }

    /// Counts what the rows are like, and finds near duplicates of earlier rows.
    private func examine(_ rows: [Placed], _ batch: inout DatasetBatch) throws {
        let bound = statistics.sample.bound
        let counted = Parallel.slices(rows) { slice in
            var counts = DataStatistics()
            for placed in slice {
                counts.add(
                    placed.kept.row.id, split: placed.side, label: placed.kept.row.label, placed.kept.look,
                    sampledBelow: bound)
            }
            return counts
        }
        for counts in counted { statistics.merge(counts) }
        for placed in rows
        where data.repetition == .remove && placed.side == .train && !placed.kept.look.brokenRules.isEmpty {
            keepOut(placed.kept.row.id, .repetition, line: placed.kept.row.line, into: &batch)
        }
        let entries = rows.map { NearSegment.Entry(id: $0.kept.row.id, split: $0.side, sketch: $0.kept.sketch) }
        let matches = try near.add(entries, threshold: data.nearDuplicateSimilarity)
        let lines =
            matches.allSatisfy(\.isEmpty)
            ? [:] : Dictionary(rows.map { ($0.kept.row.id, $0.kept.row.line) }, uniquingKeysWith: { first, _ in first })
        for (placed, matches) in zip(rows, matches) {
            guard let best = matches.max(by: { ($0.similarity, $1.row) < ($1.similarity, $0.row) }) else { continue }
            let row = placed.kept.row
            statistics.nearDuplicates += 1
            if pairs.count < Self.examples {
                pairs.append(.init(row: row.id, line: row.line, other: best.row, similarity: best.similarity))
            }
            let aside = try NearRules.setAside(row.id, line: row.line, side: placed.side, of: drop.id, matches, data) {
                guard leaving.insert($0).inserted else { return nil }
                return try (lines[$0] ?? writing?.lines[$0]).map { (drop.id, $0) }
                    ?? context.ledger.place(of: $0, in: drop.pipeline)
            }
            batch.setAside += aside
            for row in aside { setAside[row.reason, default: 0] += 1 }
        }
    }

    private func keepOut(_ id: RowID, _ reason: SetAsideRow.Reason, line: Int, into batch: inout DatasetBatch) {
        batch.setAside.append(SetAsideRow(id: id, reason: reason, drop: drop.id, line: line))
        setAside[reason, default: 0] += 1
    }
}
