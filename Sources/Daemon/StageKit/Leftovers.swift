import Foundation
import Ledger
import Nouns
import Places
import Platform
import Synchronization

/// Finds what a killed daemon left behind: files and folders that no row of the ledger names. Asked before any stage
/// is at work, when nothing is half made on purpose.
package struct Leftovers: Sendable {
    let layout: Layout
    let ledger: Ledger
    private let writers = Writers()

    /// Whether some half-written file has a writer that is still there.
    private final class Writers: Sendable {
        let areThere = Atomic<Bool>(false)
    }

    /// How long a worker of the daemon before may take to leave, in which it may write.
    private static let patience = Duration.seconds(2)

    package init(_ layout: Layout, _ ledger: Ledger) {
        self.layout = layout
        self.ledger = ledger
    }

    /// Removes everything that is found; returns how much it was. Throws a ``FileFailure`` or what the ledger throws.
    package func remove() throws -> Int {
        let end = ContinuousClock.now + Self.patience
        var found = try find()
        while writers.areThere.load(ordering: .relaxed), ContinuousClock.now < end {
            usleep(20_000)
            found = try find()
        }
        for path in found { try FileManager.default.removeItem(atPath: path) }
        return found.count
    }

    /// What nobody knows, sorted.
    package func find() throws -> [String] {
        writers.areThere.store(false, ordering: .relaxed)
        var found = temporary(in: layout.state) + inputs()
        // A backup that was under way takes another copy.
        found += names(layout.backups).map { layout.backups + "/" + $0 }
        found += try runs() + uploads() + bases() + experiments()
        for pipeline in try ledger.pipelines() { found += try models(pipeline) + rows(pipeline) + drops(pipeline) }
        return found.sorted()
    }

    /// Scratch folders, folders of runs that the ledger does not have, and half-written files of those it has.
    private func runs() throws -> [String] {
        try names(layout.runs).flatMap { name in
            let path = layout.runs + "/" + name
            let isKnown = try !name.hasPrefix(".") && ledger.run(RunID(name)) != nil
            return isKnown ? below(path) : [path]
        }
    }

    /// Throws a Failure (`ledger.older`) where there are folders of runs that the ledger does not have. A run is in the
    /// ledger before it has a folder, so then the ledger was put back from a copy, and what it does not name may be
    /// needed.
    package func checkAge() throws {
        let unknown = try names(layout.runs).filter { name in
            try name.wholeMatch(of: /r-[0-9]{6,}/) != nil && ledger.run(RunID(name)) == nil
        }
        guard let first = unknown.first else { return }
        throw Failure(
            code: "ledger.older",
            """
            The ledger does not have \(unknown.count == 1 ? "a run" : "\(unknown.count) runs") whose files are there, \
            such as \(first): it is older than they are.
            """,
            at: layout.ledger,
            remedy: """
                Put the newest ledger in its place; or go on with this one, and move those folders out of \
                \(layout.runs) first, as docs/operating.md says under 'Going back'.
                """)
    }

    private func uploads() throws -> [String] {
        let open = Set(try ledger.uploads().map(\.id))
        return names(layout.uploads).filter { !open.contains($0) }.map { layout.uploads + "/" + $0 }
    }

    /// Bases that were taken in and never registered.
    private func bases() throws -> [String] {
        let known = Set(try ledger.bases().map(\.id.rawValue))
        return names(layout.bases).flatMap { name in
            let path = layout.bases + "/" + name
            return known.contains(name) ? below(path) : [path]
        }
    }

    private func experiments() throws -> [String] {
        try names(layout.experiments).flatMap { name in
            let path = layout.experiments + "/" + name
            return try ledger.experiment(ExperimentID(name)) == nil ? [path] : below(path)
        }
    }

    /// Versions that were made and never recorded, and exports that were not finished.
    private func models(_ pipeline: PipelineName) throws -> [String] {
        let known = Set(try ledger.keptVersions(pipeline).map(\.id.rawValue))
        let models = layout.models(pipeline)
        var found = names(models).filter { $0 != "current" && !known.contains($0) }.map { models + "/" + $0 }
        for version in known {
            found += below(layout.version(pipeline, VersionID(version)))
            let exports = layout.export(VersionID(version))
            found += names(exports).filter { $0.hasPrefix(".") }.map { exports + "/" + $0 }
        }
        return found
    }

    /// Row files that neither a drop nor a snapshot has.
    private func rows(_ pipeline: PipelineName) throws -> [String] {
        let folder = layout.shards(pipeline)
        let files = names(folder)
        let known = files.isEmpty ? [] : try ledger.rowFiles(pipeline)
        return files.filter { !known.contains($0.split(separator: ".").first.map(String.init) ?? "") }
            .map { folder + "/" + $0 } + temporary(in: layout.snapshots(pipeline))
            + temporary(in: layout.nearIndex(pipeline)) + temporary(in: layout.goldenRows(pipeline))
    }

    /// Half-written files of drops that are not read or stored yet. Claims are for Intake to carry through.
    private func drops(_ pipeline: PipelineName) throws -> [String] {
        let open = try [Drop.State.received, .validated].flatMap { try ledger.drops(in: $0, pipeline: pipeline) }
        return open.flatMap { temporary(in: layout.intake(pipeline, drop: $0.id)) }
    }

    /// What hooks were told by a daemon that is no more, and where they worked.
    private func inputs() -> [String] {
        names(layout.hooks).filter { $0.hasSuffix(".json") || $0.hasSuffix(".work") }.map { layout.hooks + "/" + $0 }
            + temporary(in: layout.hooks)
    }

    /// Half-written files in a folder and in those below it.
    private func below(_ folder: String) -> [String] {
        temporary(in: folder)
            + names(folder).filter { !$0.hasPrefix(".") && isFolder(folder + "/" + $0) }.flatMap {
                below(folder + "/" + $0)
            }
    }

    /// Half-written files of one folder whose writer is gone: `.NAME.PID.tmp`, `.NAME.PID-RANDOM.tmp` and the like.
    private func temporary(in folder: String) -> [String] {
        names(folder).filter { name in
            guard name.hasPrefix("."), name.hasSuffix(".tmp") else { return false }
            let writer = name.firstMatch(of: /[.-]([0-9]{1,7})(-[0-9a-z]+)?\.tmp$/).flatMap { pid_t($0.1) }
            guard let writer, writer != getpid() else { return true }
            if kill(writer, 0) != 0, errno == ESRCH { return true }
            if Self.isOver(writer) { return true }
            writers.areThere.store(true, ordering: .relaxed)
            return false
        }.map { folder + "/" + $0 }
    }

    /// Whether a process has left and only waits for its parent, which may be long in coming, to ask how.
    private static func isOver(_ process: pid_t) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return text.split(separator: ")").last?.hasPrefix(" Z") == true
    }

    private func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
