import DataQuality
import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
import StageKit

/// Freezes what the run of a job learns from: the rows of its file by identity, whether the dataset knew them before
/// or not, less those that choose and judge.
struct JobSnapshot {
    let builder: SnapshotBuilder
    let job: Job
    /// The stored drop that has the job's file.
    let drop: Drop
    private var context: StageContext { builder.context }
    private var pipeline: PipelineName { builder.pipeline.name }

    /// What of the file trains and chooses, and the drops that are learnt whole by it.
    private struct Own {
        var files: [Split: [FileReference]] = [:]
        var rows: Set<RowID> = []
        var trained: [DropID] = []
    }

    /// The snapshot, recorded in the ledger. A run from the base learns the file alone, and is chosen by the file's own
    /// validation rows where it has some; what goes on from a version has earlier rows mixed in.
    ///
    /// - Parameter window: the drops that earlier rows are taken of.
    func build(mode: Run.Mode, window: DropWindow) throws -> Snapshot {
        let filter = try SnapshotFilter(context: context, pipeline: pipeline)
        let shards = try context.ledger.shards(pipeline)
        var own = try own(shards, filter, withNames: mode != .fromBase)
        let all = try shards.filter { $0.split == .validation }.compactMap { try filter.kept($0.file, of: $0.drop) }
        var files = own.files
        if mode != .fromBase || files[.validation, default: []].isEmpty { files[.validation] = all }
        if let chosen = try validation(against: &own) { files[.validation] = [chosen] }
        if mode != .fromBase {
            let earlier = Set(window.all.map(\.id))
            let rows = files[.train, default: []].reduce(0) { $0 + ($1.rows ?? 0) }
            let replay = try builder.replay(
                from: shards.filter { $0.split == .train && earlier.contains($0.drop) }.map(\.file),
                without: filter.aside.union(own.rows),
                count: Int((Double(rows) * builder.pipeline.incremental.replayShare).rounded()), key: drop.sha256)
            if let replay { files[.train, default: []].append(replay) }
        }
        return try builder.finish(files, of: Set(shards.map(\.drop)), trained: own.trained, filter)
    }

    /// The file's own rows. Where the dataset knew none of them before, they are the drop's shards as they lie.
    private func own(
        _ shards: [(drop: DropID, split: Split, file: FileReference)], _ filter: SnapshotFilter, withNames: Bool
    ) throws -> Own {
        var own = Own()
        let isShared = try context.ledger.fileSides(drop.id, in: pipeline).isShared
        guard isShared else {
            for split in [Split.train, .validation] {
                own.files[split] = try shards.filter { $0.drop == drop.id && $0.split == split }.compactMap {
                    try filter.kept($0.file, of: drop.id)
                }
            }
            own.trained = own.files[.train, default: []].isEmpty ? [] : [drop.id]
            if withNames { own.rows = Set(try context.ledger.fileRows(drop.id, in: pipeline).map(\.id)) }
            return own
        }
        let aside = filter.aside
        let rows = try context.ledger.fileRows(drop.id, in: pipeline).filter { !aside.contains($0.id) }
        let owners = Set(rows.map(\.owner))
        for split in [Split.train, .validation] {
            let gathering = RowGathering(
                scratch: context.layout.scratch("gather-\(job.id)"), folder: context.layout.shards(pipeline))
            let wanted = rows.filter { $0.split == split }
            let file = try gathering.gather(
                wanted, from: shards.filter { $0.split == split && owners.contains($0.drop) }.map(\.file))
            if let file { try context.ledger.notePicked(wanted.map(\.id), in: file) }
            own.files[split] = file.map { [$0] } ?? []
        }
        own.rows = Set(rows.map(\.id))
        var learnt: [DropID: Int] = [:]
        for row in rows where row.split == .train { learnt[row.owner, default: 0] += 1 }
        own.trained = try context.ledger.storedDrops(pipeline).filter {
            $0.trainRows > 0 && learnt[$0.id] == $0.trainRows
        }
        .map(\.id)
        return own
    }

    /// The rows of the job's validation file, as the pipeline keeps rows, less those that judge and those that the job
    /// learns; nil where it has no such file.
    private func validation(against own: inout Own) throws -> FileReference? {
        guard job.validation != nil else { return nil }
        let path = context.layout.job(job.id) + "/rows.jsonl.zst"
        if own.rows.isEmpty { own.rows = Set(try context.ledger.fileRows(drop.id, in: pipeline).map(\.id)) }
        let data = builder.pipeline.data
        var screening = RowScreening(action: data.sensitive, group: data.groupBy)
        let writer = try ShardWriter(folder: context.layout.shards(pipeline))
        var kept: [RowID] = []
        try RowFile.readParallel(path) { batch in
            var rows: [Row] = []
            for row in batch {
                if case .keep(let row) = try screening.screen(row), !own.rows.contains(row.id) { rows.append(row) }
            }
            let sides = try context.ledger.sides(prompts: rows.map(\.promptKey), groups: [], in: pipeline)
            for var row in rows where sides.prompts[row.promptKey] != .gate {
                row.split = .validation
                try writer.write(row)
                kept.append(row.id)
            }
        }
        guard !kept.isEmpty else {
            throw JobFault.data(
                job.validation, "None of its rows can choose: each judges, or is learnt by the job.", isTraining: false)
        }
        let file = try writer.finish()
        try context.ledger.notePicked(kept, in: file)
        return file
    }
}
