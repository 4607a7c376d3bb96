import DataQuality
import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
import Settings
import StageKit

/// Keeps a pipeline's index of near duplicates in step with its dataset: what a crash, a damaged file or a new template
/// left out is indexed again.
struct NearKeeping {
    /// Rows in which templates are looked for.
    private static let sampleRows = 2000

    let context: StageContext
    let pipeline: PipelineSettings

    private var folder: String { context.layout.nearIndex(pipeline.name) }

    /// The index, with every stored drop in it.
    func open() throws -> NearIndex {
        let index: NearIndex
        do { index = try NearIndex(folder: folder) } catch let failure as Failure
            where failure.code == "dataset.near_index"
        {
            context.logger.warning(
                "\(failure)", metadata: ["pipeline": "\(pipeline.name)", "event": "stage.failed", "stage": "datasets"])
            NearIndex.remove(folder: folder)
            try context.ledger.forgetIndex(pipeline.name)
            return try open()
        }
        var rows = index.rows
        // Empty, it is either new or lost.
        if rows == 0 {
            rows = try context.ledger.rowCounts(pipeline.name).values.reduce(0, +)
            if rows > 0 { try context.ledger.forgetIndex(pipeline.name) }
        }
        if index.wantsCalibration(rows: rows) { try calibrate(index, rows: rows) }
        try add(try context.ledger.unindexedDrops(pipeline.name), to: index)
        return index
    }

    /// Looks for templates in rows from all over the dataset, and begins the index again without them.
    private func calibrate(_ index: NearIndex, rows: Int) throws {
        let every = max(1, rows / Self.sampleRows)
        var shingles: [[UInt64]] = []
        var number = 0
        for shard in try context.ledger.shards(pipeline.name) {
            try RowFile.read(shard.file.path) { row in
                if number.isMultiple(of: every) {
                    shingles.append(Shingles.hashes(NormalisedText(RowText.whole(row.content))))
                }
                number += 1
            }
        }
        try context.ledger.forgetIndex(pipeline.name)
        try index.calibrate(CommonShingles(Sketch.common(shingles)), rows: rows)
    }

    /// Adds stored drops, many small ones at a time, keeping out of training what is nearly the same as a gate row.
    private func add(_ drops: [DropID], to index: NearIndex) throws {
        guard !drops.isEmpty else { return }
        var pending: [Row] = []
        var whole: [DropID] = []
        var rowsSinceCommit = 0
        func flush() throws {
            let common = index.common
            let entries = Parallel.slices(pending) { slice in
                slice.map {
                    NearSegment.Entry(
                        id: $0.id, split: $0.split,
                        sketch: Sketch(
                            shingles: Shingles.hashes(NormalisedText(RowText.whole($0.content))), common: common))
                }
            }.flatMap { $0 }
            let found = try index.add(entries, threshold: pipeline.data.nearDuplicateSimilarity)
            var aside: [SetAsideRow] = []
            for (row, matches) in zip(pending, found) {
                aside += try NearRules.setAside(
                    row.id, line: row.line, side: row.split, of: row.drop, matches, pipeline.data
                ) { try context.ledger.place(of: $0, in: pipeline.name) }
            }
            try context.ledger.add(aside, in: pipeline.name)
            rowsSinceCommit += pending.count
            pending.removeAll(keepingCapacity: true)
        }
        // Only whole drops are kept: one that a crash cut off is added again from its beginning.
        func keep() throws {
            try flush()
            try index.commit()
            try context.ledger.markIndexed(whole)
            (whole, rowsSinceCommit) = ([], 0)
        }
        for drop in drops {
            for shard in try context.ledger.shards(pipeline.name, drop: drop) {
                try RowFile.readParallel(shard.file.path) { rows in
                    pending += rows
                    if pending.count >= DropStoring.batchRows { try flush() }
                }
            }
            whole.append(drop)
            if pending.count + rowsSinceCommit >= DropStoring.batchRows { try keep() }
        }
        try keep()
    }
}
