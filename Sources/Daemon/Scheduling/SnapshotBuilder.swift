import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
import Settings
import StageKit

/// Freezes what one run learns from, chooses by and is judged on. Validation and gate are always the whole dataset's.
struct SnapshotBuilder {
    let context: StageContext
    let pipeline: PipelineSettings

    /// The snapshot for a run of `mode`, recorded in the ledger: all rows of the window, or those new to what is served
    /// with earlier ones mixed in.
    func build(mode: Run.Mode, window: DropWindow) throws -> Snapshot {
        let shards = try context.ledger.shards(pipeline.name)
        let trained = mode == .fromBase ? window.all : window.unlearned
        let new = Set(trained.map(\.id))
        let earlier = Set(window.all.map(\.id)).subtracting(new)
        var files: [Split: [FileReference]] = [:]
        let filter = try SnapshotFilter(context: context, pipeline: pipeline.name)
        files[.validation] = try shards.filter { $0.split == .validation }.compactMap {
            try filter.kept($0.file, of: $0.drop)
        }
        let train = shards.filter { $0.split == .train }
        files[.train] = try train.filter { new.contains($0.drop) }.compactMap { try filter.kept($0.file, of: $0.drop) }
        if mode != .fromBase {
            let rows = files[.train, default: []].reduce(0) { $0 + ($1.rows ?? 0) }
            let replay = try self.replay(
                from: train.filter { earlier.contains($0.drop) }.map(\.file), without: filter.aside,
                count: Int((Double(rows) * pipeline.incremental.replayShare).rounded()),
                key: trained.map(\.id.rawValue).joined(separator: ","))
            if let replay { files[.train, default: []].append(replay) }
        }
        return try finish(
            files, of: Set(shards.map(\.drop)), trained: trained.filter { $0.trainRows > 0 }.map(\.id), filter)
    }

    /// What a model that learnt from `snapshot` is judged on now; what it learnt from, and was chosen by, stays.
    func judgingAgain(_ snapshot: Snapshot) throws -> Snapshot {
        var files: [Split: [FileReference]] = [:]
        for split in [Split.train, .validation] { files[split] = snapshot.files[split] }
        let drops = Set(snapshot.drops).union(try context.ledger.shards(pipeline.name).map(\.drop))
        return try finish(
            files, of: drops, trained: snapshot.trained ?? snapshot.drops,
            SnapshotFilter(context: context, pipeline: pipeline.name), sources: snapshot.sources)
    }

    /// Records the snapshot of these files, and of those that judge, in the ledger.
    ///
    /// - Parameters:
    ///   - drops: every drop whose rows may be in the files.
    ///   - trained: the drops that are learnt from whole.
    func finish(
        _ chosen: [Split: [FileReference]], of drops: Set<DropID>, trained: [DropID], _ filter: SnapshotFilter,
        sources: [String: String]? = nil
    ) throws -> Snapshot {
        var files = chosen
        let judging = try judging()
        files[.gate] = try judging.gate.compactMap { try filter.judging($0.file, of: $0.drop) }
        var snapshot = Snapshot(
            id: "", pipeline: pipeline.name, createdAt: Date(), drops: drops.sorted(),
            trained: trained, files: files,
            rows: files.mapValues { $0.reduce(0) { $0 + ($1.rows ?? 0) } }, removed: filter.removed,
            labels: try context.ledger.labels(pipeline.name, limit: Snapshot.mostLabels))
        let made = filter.sources.merging(sources ?? [:]) { first, _ in first }
        if !made.isEmpty { snapshot.sources = made }
        if !judging.feedback.isEmpty { snapshot.feedback = judging.feedback }
        if try hasPairs(snapshot.drops) { snapshot.hasPairs = true }
        func line(_ name: String, _ files: [FileReference]?) -> String {
            name + ":" + (files ?? []).map(\.sha256).joined(separator: ",")
        }
        let content =
            Split.allCases.map { line($0.rawValue, files[$0]) }
            + (snapshot.feedback.map { [line("feedback", $0)] } ?? [])
        snapshot.id = SnapshotID("s-" + String(Digest.sha256(Data(content.joined(separator: "\n").utf8)).prefix(24)))
        let folder = context.layout.snapshots(pipeline.name)
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(try ContractCoding.pretty(snapshot), to: folder + "/\(snapshot.id).json")
        try context.ledger.add(snapshot)
        if snapshot.hasPairs != true {
            try context.ledger.setMark(pipeline.name, Self.withoutPairs, snapshot.id.rawValue)
        }
        return snapshot
    }

    /// The files that judge: of every drop, or of those that `gates.window` names.
    func judging() throws -> (gate: [(drop: DropID, file: FileReference)], feedback: [FileReference]) {
        let window = pipeline.gates.window
        guard window != .all else { return try context.ledger.judging(pipeline.name) }
        let drops = DropWindow(
            try context.ledger.storedDrops(pipeline.name), learned: [], window: window, now: Date()
        ).all.map(\.id)
        return try context.ledger.judging(pipeline.name, of: Set(drops))
    }

    /// What the newest snapshot whose drops were all found to be without pairs is noted by.
    private static let withoutPairs = "without-pairs"

    /// Whether one of the drops brought rows with a rejected answer. The reports of drops that were found to have none
    /// are not read again.
    private func hasPairs(_ drops: [DropID]) throws -> Bool {
        let noted = try context.ledger.mark(pipeline.name, Self.withoutPairs)
        let known = Set(try noted.flatMap { try context.ledger.snapshot(SnapshotID($0)) }?.drops ?? [])
        return drops.contains { !known.contains($0) && hasPairs($0) }
    }

    /// Whether a drop brought rows with a rejected answer, as its report says.
    private func hasPairs(_ drop: DropID) -> Bool {
        struct Shapes: Decodable { var shapes: [String: Int]? }
        let path = context.layout.dropReport(pipeline.name, drop)
        let report = FileManager.default.contents(atPath: path).flatMap {
            try? ContractCoding.decode(Shapes.self, from: $0)
        }
        return report?.shapes?[RowShape.preference.rawValue] ?? 0 > 0
    }

    /// Earlier rows mixed in so that old skills stay: those whose hash with this run's key is smallest, spread evenly
    /// over labels.
    func replay(from files: [FileReference], without aside: Set<RowID>, count: Int, key: String) throws
        -> FileReference?
    {
        guard count > 0, !files.isEmpty else { return nil }
        // Per label, the rows with the smallest hashes so far; never more than `count` of each.
        var chosen: [String: [(hash: String, row: Row)]] = [:]
        for file in files {
            try RowFile.read(file.path) { row in
                if aside.contains(row.id) { return }
                let hash = Digest.sha256(Data("replay:\(key):\(row.id)".utf8))
                var list = chosen[row.label ?? ""] ?? []
                if list.count < count {
                    list.append((hash, row))
                } else if let worst = list.indices.max(by: { list[$0].hash < list[$1].hash }), hash < list[worst].hash {
                    list[worst] = (hash, row)
                }
                chosen[row.label ?? ""] = list
            }
        }
        var picked: [Row] = []
        var lists = chosen.sorted { $0.key < $1.key }.map { $0.value.sorted { $0.hash < $1.hash }[...] }
        while picked.count < count, lists.contains(where: { !$0.isEmpty }) {
            for index in lists.indices where picked.count < count {
                if let first = lists[index].popFirst() { picked.append(first.row) }
            }
        }
        guard !picked.isEmpty else { return nil }
        let writer = try ShardWriter(folder: context.layout.shards(pipeline.name))
        for row in picked { try writer.write(row) }
        let file = try writer.finish()
        try context.ledger.notePicked(picked.map(\.id), in: file)
        return file
    }
}
