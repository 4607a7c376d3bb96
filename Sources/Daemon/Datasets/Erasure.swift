import Foundation
import Ledger
import Nouns
import Platform
import StageKit
import WorkerProtocol

/// Removes the text of a withdrawn drop's rows from everything that the daemon keeps. Cut short, it is done again from
/// its beginning.
///
/// What stays are figures and identifiers, and what the weights of models remember.
struct Erasure {
    let context: StageContext
    let drop: Drop
    /// What was made from the drop.
    let lineage: DataLineage

    /// Returns the bytes that were removed. Throws a Failure (`drop.in_use`) where an experiment is at work on the
    /// rows, and a ``FileFailure`` where something cannot be removed.
    func run() throws -> Int {
        let snapshots = Set(lineage.snapshots.map(\.snapshot))
        for experiment in try context.ledger.experiments(pipeline: drop.pipeline, state: .running, limit: 100)
        where snapshots.contains(experiment.snapshot) {
            throw Failure(
                code: "drop.in_use", "The experiment \(experiment.id) is at work on rows of '\(drop.id)'.",
                at: drop.id.rawValue,
                remedy: """
                    Stop it with `ftctl experiment stop \(experiment.id)`, then erase again with \
                    `ftctl data revoke \(drop.id) --erase --reason …`.
                    """)
        }
        var bytes = 0
        for path in try rowFiles() + claimed() { bytes += try remove(path) }
        for run in lineage.runs {
            for path in Self.texts(context.layout.run(run)) { bytes += try remove(path) }
            try Self.strip(context.layout.events(run))
        }
        for experiment in try context.ledger.experiments(pipeline: drop.pipeline, limit: 1000)
        where snapshots.contains(experiment.snapshot) {
            bytes += try remove(context.layout.experiment(experiment.id))
        }
        for upload in try context.ledger.uploads() where !upload.isBase {
            bytes += try remove(context.layout.upload(upload.id))
            try context.ledger.closeUpload(upload.id)
        }
        try context.ledger.erase(drop, snapshots: snapshots, runs: lineage.runs)
        for id in snapshots { try rewrite(id) }
        return bytes
    }

    /// Makes the file of a snapshot say what the ledger says of it by now: it names classes too.
    private func rewrite(_ id: SnapshotID) throws {
        let path = context.layout.snapshots(drop.pipeline) + "/\(id).json"
        guard FileManager.default.fileExists(atPath: path), let snapshot = try context.ledger.snapshot(id) else {
            return
        }
        try AtomicFile.write(try ContractCoding.pretty(snapshot), to: path)
    }

    /// Row files of the dataset with rows of this drop and of no other.
    private func rowFiles() throws -> [String] {
        let shards = context.layout.shards(drop.pipeline)
        return try context.ledger.filesOnly(of: drop.id).map { "\(shards)/\($0).jsonl.zst" }
    }

    /// What was dropped, here and in quarantine, and the same bytes where they came again.
    private func claimed() throws -> [String] {
        let quarantine = context.layout.quarantine(drop.pipeline)
        let places = (try? FileManager.default.contentsOfDirectory(atPath: quarantine)) ?? []
        return try ([drop] + context.ledger.duplicates(of: drop)).flatMap { drop in
            let folder = context.layout.intake(drop.pipeline, drop: drop.id)
            return Self.entries(folder)
                + places.filter { $0.hasSuffix(context.layout.quarantineEnding(drop.id)) }.map { quarantine + "/" + $0 }
        }
    }

    /// What of a run's folder holds text: everything but weights and the story of the training.
    private static func texts(_ folder: String) -> [String] {
        entries(folder).filter { path in
            let name = (path as NSString).lastPathComponent
            return !["adapter", "best", "events.jsonl", "artefacts"].contains(name) && !name.hasPrefix("checkpoint")
        }
    }

    /// Leaves figures alone in a run's events.
    private static func strip(_ path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        let kept = data.split(separator: 10).filter { line in
            guard let event = try? ContractCoding.decode(WorkerEvent.self, from: Data(line)) else { return false }
            return event.warning == nil && event.output == nil && event.failure == nil && event.result?.outputs == nil
        }
        try AtomicFile.write(Data(kept.flatMap { $0 + [10] }), to: path)
    }

    private static func entries(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { folder + "/" + $0 }
    }

    /// Removes a file or a folder durably; returns its size.
    private func remove(_ path: String) throws -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        var bytes = status.st_mode & S_IFMT == S_IFDIR ? 0 : Int(status.st_size)
        for name in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
            if lstat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
                bytes += Int(status.st_size)
            }
        }
        try FileManager.default.removeItem(atPath: path)
        try AtomicFile.sync(folder: (path as NSString).deletingLastPathComponent)
        return bytes
    }
}
