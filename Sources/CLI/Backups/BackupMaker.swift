import ControlProtocol
import Foundation
import Nouns
import Places
import Platform

/// Makes a backup of a daemon at work: the files first, then the ledger as it is at one moment, then what has come
/// since; and again, where a file that this ledger names has gone meanwhile.
package struct BackupMaker {
    /// How often it is tried again where files go away meanwhile.
    private static let tries = 5

    let layout: Layout
    let store: BackupStore
    private let remark: (String) -> Void

    /// - Parameter remark: told how far it is.
    package init(_ layout: Layout, to folder: String, remark: @escaping (String) -> Void = { _ in }) {
        self.layout = layout
        store = BackupStore(folder: folder)
        self.remark = remark
    }

    /// What came of it.
    package struct Outcome {
        package let manifest: BackupManifest
        /// Files and bytes that were not in the folder before.
        package let added: (files: Int, bytes: Int)
        /// Files that are not what the ledger says: they are in the backup as they are.
        package let faults: [Failure]
        /// How many earlier backups were removed.
        package var removed = 0
    }

    /// Makes one.
    ///
    /// Throws a ``FileFailure``, what `open` throws, and a Failure: `backup.permission` where the files cannot be read,
    /// `backup.moving` where files that the ledger names go away at every try, `backup.busy` where another is being
    /// made in the same folder.
    ///
    /// - Parameters:
    ///   - count: the backups that are kept, the newest; nil keeps all.
    ///   - open: has the daemon copy its ledger.
    ///   - close: tells the daemon that the copy is taken.
    package func make(
        at now: Date = Date(), keeping count: Int? = nil, open: () async throws -> BackupAnswer,
        close: (BackupAnswer) async throws -> Void
    ) async throws -> Outcome {
        try checkAccess()
        let lock = try store.prepare()
        defer { withExtendedLifetime(lock) {} }
        var copying = Copying(store: store, known: try known())
        remark("Copying files …")
        try copying.copy(KeptTree(layout: layout, lastRun: nil))
        for attempt in 1...Self.tries {
            remark(attempt == 1 ? "Copying the ledger …" : "Files went away meanwhile: once more …")
            let answer = try await open()
            let result = Result { try take(answer, now, &copying) }
            try await close(answer)
            guard var outcome = try result.get() else { continue }
            if let count { outcome.removed = try store.prune(keeping: count) }
            return outcome
        }
        throw Failure(
            code: "backup.moving", "Files that the ledger names went away at each of \(Self.tries) tries.",
            at: layout.state, remedy: "Try again when no clearing, erasing or renaming is under way.")
    }

    /// Nil where a file that this ledger names is not there any more.
    private func take(_ answer: BackupAnswer, _ now: Date, _ copying: inout Copying) throws -> Outcome? {
        copying.begin()
        try copying.copy(KeptTree(layout: layout, lastRun: answer.lastRun))
        let ledger = try copying.take(RawPath(answer.folder + "/" + BackupAnswer.ledgerName)).sha256
        let list = try WholeFile.read(answer.folder + "/" + BackupAnswer.listName)
        let named = try ContractCoding.decode([NamedFile].self, from: list)
        let held = Dictionary(copying.entries.map { ($0.path, $0) }) { $1 }
        var faults: [Failure] = []
        for file in named where file.path.hasPrefix(layout.root + "/") {
            let path = PathText.text(Array(file.path.utf8.dropFirst(layout.root.utf8.count + 1)))
            guard let entry = held[path] else {
                if FileManager.default.fileExists(atPath: file.path) { continue }
                faults.append(Self.fault("file.gone", "A file of \(file.owner) is gone.", file))
                continue
            }
            guard entry.sha256 != file.sha256 else { continue }
            faults.append(
                Self.fault("file.changed", "A file of \(file.owner) is not what the ledger says.", file))
        }
        // What has gone may have been let go since the ledger was copied: then the next copy does not name it.
        let gone = Set(faults.filter { $0.code == "file.gone" }.compactMap(\.place))
        if !gone.isSubset(of: copying.missing) {
            copying.missing = gone
            return nil
        }
        let manifest = BackupManifest(
            format: BackupManifest.format, id: try name(now), root: layout.root, at: answer.at,
            program: answer.program, schema: answer.schema, ledger: ledger, entries: copying.entries)
        try store.keep(manifest)
        return Outcome(manifest: manifest, added: copying.added, faults: faults)
    }

    private static func fault(_ code: String, _ message: String, _ file: NamedFile) -> Failure {
        Failure(
            code: code, message, at: file.path,
            remedy: "Restore it from an earlier backup; it is \(file.sha256). `ftctl verify` looks at all files.")
    }

    /// What the newest backup says of files, by path: what has not changed since need not be read.
    private func known() throws -> [String: BackupManifest.Entry] {
        guard let last = try store.all().last, let manifest = try? store.manifest(last) else { return [:] }
        return Dictionary(manifest.entries.map { ($0.path, $0) }) { $1 }
    }

    /// A name that no backup has.
    private func name(_ now: Date) throws -> String {
        var parts = tm()
        var seconds = time_t(now.timeIntervalSince1970)
        gmtime_r(&seconds, &parts)
        let base = String(
            format: "%04d%02d%02d-%02d%02d%02d", Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday),
            Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec))
        let taken = Set(try store.all())
        return ([base] + (2...1000).map { "\(base)-\($0)" }).first { !taken.contains($0) } ?? base
    }

    private func checkAccess() throws {
        guard access(layout.ledger, R_OK) != 0 else { return }
        throw Failure(
            code: "backup.permission", "The daemon's files cannot be read: \(String(cString: strerror(errno))).",
            at: layout.ledger, remedy: "Run it on the daemon's machine, as root: sudo ftctl backup DIR.")
    }
}
