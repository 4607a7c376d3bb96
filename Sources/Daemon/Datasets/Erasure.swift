import Foundation
import Ledger
import Nouns
import Platform
import RowFiles
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
    ///
    /// - Parameter forgettingFiles: forgets the files that people keep with any of these contents; returns how many
    ///   bytes there were.
    func run(forgettingFiles: (Set<String>) throws -> Int) throws -> Int {
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
        let jobs = try jobs()
        for path in try rowFiles() + claimed() + chosenBy(jobs) { bytes += try remove(path) }
        for job in jobs { bytes += try remove(context.layout.job(job.id)) }
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
        bytes += try forgettingFiles(
            Set(jobs.flatMap { [isOfDrop($0) ? $0.training.sha256 : nil, $0.validation?.sha256] }.compactMap(\.self))
                .union([drop.sha256]))
        try context.ledger.erase(drop, snapshots: snapshots, runs: lineage.runs, jobs: jobs.map(\.id))
        for id in snapshots { try rewrite(id) }
        return bytes
    }

    /// Whether it is the job's own file that is erased, rather than rows which it chooses by as well.
    private func isOfDrop(_ job: Job) -> Bool { job.training.sha256 == drop.sha256 }

    /// The jobs that learn the drop, or choose by rows of it. One that has no run yet cannot choose by them any more,
    /// and fails.
    private func jobs() throws -> [Job] {
        let begun = try context.ledger.jobs(
            ofDrops: Set([drop.id] + context.ledger.duplicates(of: drop).map(\.id)),
            orChoosingBy: Set(context.ledger.filesOnly(of: drop.id)))
        let rows = try context.ledger.revokedRows(of: drop.id)
        let waiting = try context.ledger.waitingJobs(drop.pipeline).filter { job in
            let path = context.layout.job(job.id) + "/rows.jsonl.zst"
            guard job.validation != nil, FileManager.default.fileExists(atPath: path) else { return false }
            var isHit = false
            try RowFile.read(path) { if rows.contains($0.id) { isHit = true } }
            guard isHit else { return false }
            let failure = JobFault.data(
                job.validation, "Its rows were withdrawn.", isTraining: false, remedy: "Make a job of another file.")
            try context.ledger.change(job.id) { $0.fail(failure, at: Date()) }
            return true
        }
        return begun + waiting.filter { job in !begun.contains { $0.id == job.id } }
    }

    /// Row files that only the runs of these jobs choose by.
    private func chosenBy(_ jobs: [Job]) throws -> [String] {
        let shared = Set(try context.ledger.shards(drop.pipeline).map(\.file.sha256))
        return try jobs.filter { $0.validation != nil }.flatMap { job in
            let snapshot = try job.run.flatMap { try context.ledger.run($0) }.flatMap {
                try context.ledger.snapshot($0.snapshot)
            }
            return (snapshot?.files[.validation] ?? []).filter { !shared.contains($0.sha256) }.map(\.path)
        }
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
