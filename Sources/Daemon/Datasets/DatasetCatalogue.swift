import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import Reports
import RowFiles
import Settings
import StageKit

/// Answers what people ask about data: lists, differences, exports, lineage, reports; and withdraws drops.
package struct DatasetCatalogue: Sendable {
    /// Rows that a difference names on each side.
    private static let examples = 20

    let context: StageContext
    let service: DatasetService

    package init(_ context: StageContext, service: DatasetService) {
        self.context = context
        self.service = service
    }

    /// - Parameter who: whom it is shown to; nil for the daemon itself.
    package func list(_ pipeline: PipelineName, for who: Principal? = nil) throws -> DataListing {
        try context.requireKnown(pipeline)
        let sight = Sight(context.ledger, who)
        return DataListing(
            pipeline: pipeline, rows: try context.ledger.rowCounts(pipeline),
            removed: try context.ledger.removedNow(pipeline),
            drops: try context.ledger.drops(pipeline: pipeline, limit: 1000, seenBy: sight.owner).map(summary),
            snapshots: try context.ledger.snapshots(pipeline).filter(sight.sees).map { try told($0, sight) })
    }

    package func show(_ id: String, for who: Principal? = nil) throws -> DataSubject {
        if let drop = try context.ledger.drop(DropID(id)) {
            return DataSubject(drop: try summary(drop), report: try context.ledger.report(drop.pipeline, drop: drop.id))
        }
        let sight = Sight(context.ledger, who)
        if let row = try row(RowID(id), sight) { return DataSubject(row: row) }
        return DataSubject(snapshot: try told(snapshot(id), sight))
    }

    /// A row of a dataset, as it was dropped; nil where there is none, or it is of others' files.
    private func row(_ id: RowID, _ sight: Sight) throws -> Row? {
        for place in try context.ledger.places(ofRow: id) where try sight.sees(id, of: place.pipeline) {
            for shard in try context.ledger.shards(place.pipeline, drop: place.drop) where shard.split == place.split {
                var found: Row?
                try RowFile.read(shard.file.path) { if $0.id == id { found = $0 } }
                if let found { return found }
            }
        }
        return nil
    }

    /// A snapshot with the runs and drops alone that somebody sees.
    private func told(_ summary: SnapshotSummary, _ sight: Sight) throws -> SnapshotSummary {
        var summary = summary
        summary.runs = try summary.runs.filter(sight.sees)
        summary.snapshot.drops = try summary.snapshot.drops.filter(sight.sees)
        summary.snapshot.trained = try summary.snapshot.trained?.filter(sight.sees)
        return summary
    }

    /// The report of a drop, or of the dataset as it is now.
    package func report(_ pipeline: PipelineName, drop: DropID?) throws -> DataReport {
        if let drop {
            guard let report = try context.ledger.report(pipeline, drop: drop) else {
                throw Failure(
                    code: "report.unknown", "There is no report of a drop '\(drop)' in '\(pipeline)'.",
                    at: drop.rawValue,
                    remedy: "Only stored drops have one; see `ftctl data list \(pipeline)`.")
            }
            return report
        }
        try context.requireKnown(pipeline)
        let kept = try context.ledger.report(pipeline)
        if let kept, context.settings.pipeline(pipeline) == nil { return kept }
        let making = ReportMaking(context: context, pipeline: try context.requirePipeline(pipeline))
        return try kept.map(making.upToDate) ?? making.dataset()
    }

    /// Rows kept out, newest drops first.
    package func removed(_ pipeline: PipelineName, drop: DropID?, limit: Int, for who: Principal? = nil) throws
        -> [SetAsideRow]
    {
        let sight = Sight(context.ledger, who)
        let all =
            try context.ledger.superseded(pipeline, drop: drop)
            + context.ledger.setAside(pipeline, drop: drop, limit: limit)
        return try all.prefix(limit).compactMap { try told($0, sight) }
    }

    /// A row kept out as somebody sees it: nil where its drop is another's, and without the row because of which it is
    /// kept out where that one is.
    private func told(_ row: SetAsideRow, _ sight: Sight) throws -> SetAsideRow? {
        guard try sight.sees(row.drop) else { return nil }
        var row = row
        if let other = row.otherDrop, try !sight.sees(other) { (row.other, row.otherDrop) = (nil, nil) }
        return row
    }

    package func lineage(_ id: String, for who: Principal? = nil) throws -> DataLineage {
        let sight = Sight(context.ledger, who)
        var lineage = try context.ledger.dataLineage(id)
        lineage.places = try lineage.places.filter { try sight.sees($0.drop) }
        if lineage.kind == "row" {
            for pipeline in Set(try context.ledger.places(ofRow: RowID(id)).map(\.pipeline)).sorted() {
                lineage.setAside += try context.ledger.superseded(pipeline).filter { $0.id.rawValue == id }
            }
        }
        lineage.setAside = try lineage.setAside.compactMap { try told($0, sight) }
        lineage.drops = try lineage.drops.filter(sight.sees)
        lineage.runs = try lineage.runs.filter(sight.sees)
        lineage.snapshots = try lineage.snapshots.filter {
            try context.ledger.snapshotSummary($0.snapshot).map(sight.sees) ?? true
        }
        return lineage
    }

    /// The rows of a snapshot, or of a pipeline's dataset as it is now, without those of others' files.
    package func export(_ id: String, split: Split?, for who: Principal) throws -> RowLines {
        let files = try files(id, split: split)
        let sight = Sight(context.ledger, who)
        guard try sight.isNarrow() else { return RowLines(RowExport.lines(files)) }
        let pipeline = try context.ledger.snapshot(SnapshotID(id))?.pipeline ?? PipelineName(id)
        return RowLines(RowExport.lines(files) { try sight.sees($0, of: pipeline) })
    }

    package func difference(_ a: String, _ b: String) throws -> SnapshotDifference {
        let (first, second) = (try snapshot(a).snapshot, try snapshot(b).snapshot)
        func side(_ own: Snapshot, _ other: Snapshot) -> SnapshotDifference.Side {
            .init(snapshot: own.id, drops: Set(own.drops).subtracting(other.drops).sorted(), rows: [:], examples: [:])
        }
        var result = SnapshotDifference(a: side(first, second), b: side(second, first), shared: [:])
        for split in Split.allCases {
            let (own, other) = (first.files[split] ?? [], second.files[split] ?? [])
            let same = Set(own.map(\.sha256)).intersection(other.map(\.sha256))
            // Files that both have are not read.
            let shared = own.filter { same.contains($0.sha256) }.reduce(0) { $0 + ($1.rows ?? 0) }
            let left = try rows(own.filter { !same.contains($0.sha256) })
            let right = try rows(other.filter { !same.contains($0.sha256) })
            result.shared[split] = shared + left.intersection(right).count
            let (onlyA, onlyB) = (left.subtracting(right), right.subtracting(left))
            result.a.rows[split] = onlyA.count
            result.b.rows[split] = onlyB.count
            result.a.examples[split] = Array(onlyA.sorted().prefix(Self.examples))
            result.b.examples[split] = Array(onlyB.sorted().prefix(Self.examples))
        }
        return result
    }

    /// The files of a snapshot, or of a pipeline's dataset as it is now; of one side or of all.
    package func files(_ id: String, split: Split?) throws -> [FileReference] {
        let splits = split.map { [$0] } ?? Split.allCases
        if context.settings.pipeline(PipelineName(id)) != nil {
            let shards = try context.ledger.shards(PipelineName(id))
            return splits.flatMap { split in shards.filter { $0.split == split }.map(\.file) }
        }
        let snapshot = try snapshot(id).snapshot
        return splits.flatMap { snapshot.files[$0] ?? [] }
    }

    /// Withdraws a drop; see ``Ledger/revoke(_:kept:shards:who:reason:)``. Runs that are not over are named, for the
    /// caller to cancel first.
    ///
    /// - Parameter forgettingFiles: forgets the files that people keep with any of these contents, where rows are to be
    ///   erased; returns how many bytes there were.
    package func revoke(
        _ id: DropID, _ request: RevokeRequest, who: String,
        forgettingFiles: (Set<String>) throws -> Int = { _ in 0 }
    ) throws -> RevokeAnswer {
        guard let drop = try context.ledger.drop(id) else {
            throw Failure(
                code: "drop.unknown", "There is no drop '\(id)'.", at: id.rawValue, remedy: "See `ftctl drops`.")
        }
        let lineage = try context.ledger.dataLineage(id.rawValue)
        func erase(_ drop: Drop, _ lineage: DataLineage) throws -> Int {
            try Erasure(context: context, drop: drop, lineage: lineage).run(forgettingFiles: forgettingFiles)
        }
        // What was withdrawn may be erased later, and again where that was cut short.
        if drop.state == .revoked, request.erase {
            return RevokeAnswer(
                drop: id, rowsWithdrawn: 0, rowsKept: 0, versions: lineage.versions, served: try served(drop, lineage),
                erasedBytes: try erase(drop, lineage))
        }
        let rows = try context.ledger.rows(of: id).values.reduce(0, +)
        let kept = try service.revoke(drop, who: who, reason: request.reason)
        var answer = RevokeAnswer(
            drop: id, rowsWithdrawn: rows - kept, rowsKept: kept, versions: lineage.versions,
            served: try served(drop, lineage))
        if request.erase {
            answer.erasedBytes = try erase(drop, lineage)
        }
        context.logger.notice(
            """
            Revoked \(drop.name): \(Quantity.counted(answer.rowsWithdrawn, "row")) withdrawn, \
            \(answer.rowsKept) kept since other drops have them; \
            \(Quantity.counted(answer.versions.count, "version was", "versions were")) trained on them \
            (\(request.reason))
            """,
            metadata: ["pipeline": "\(drop.pipeline)", "drop": "\(id)", "event": "drop.revoked"])
        return answer
    }

    /// What is served, where it has learnt from the drop.
    private func served(_ drop: Drop, _ lineage: DataLineage) throws -> VersionID? {
        try context.ledger.served(drop.pipeline)?.version.flatMap { lineage.versions.contains($0) ? $0 : nil }
    }

    /// Runs that are not over and have rows of the drop in their snapshot.
    package func openRuns(on id: DropID) throws -> [RunID] {
        try context.ledger.dataLineage(id.rawValue).runs.filter { run in
            guard let state = try context.ledger.run(run)?.state else { return false }
            return state.isUnderWay
        }
    }

    private func rows(_ files: [FileReference]) throws -> Set<RowID> {
        var ids: Set<RowID> = []
        for file in files { try RowFile.read(file.path) { ids.insert($0.id) } }
        return ids
    }

    private func summary(_ drop: Drop) throws -> DropSummary {
        DropSummary(
            drop: drop, rows: try context.ledger.rows(of: drop.id),
            removed: try context.ledger.removed(drop.pipeline, drop: drop.id))
    }

    private func snapshot(_ id: String) throws -> SnapshotSummary {
        guard let snapshot = try context.ledger.snapshotSummary(SnapshotID(id)) else {
            throw Failure(
                code: "snapshot.unknown", "There is no drop, snapshot or row '\(id)'.", at: id,
                remedy: "See `ftctl data list PIPELINE`.")
        }
        return snapshot
    }
}
