import Foundation
import Nouns
import Places
import Platform

/// What of a daemon's files belongs into a backup, and how it lies there.
struct KeptTree {
    let layout: Layout
    /// The newest run of the ledger that goes with the files; what later ones left would be of a run that is unknown.
    let lastRun: RunID?

    /// Calls `body` with everything that belongs into a backup: the settings and the state, without what is made anew
    /// (fingerprints, staged bases), what is under way (uploads, scratch folders) and the ledger itself.
    ///
    /// What goes away meanwhile is passed over. Throws a ``FileFailure``, and what `body` throws.
    func forEach(_ body: (_ path: String, _ place: RawPath, _ status: stat) throws -> Void) throws {
        for top in [layout.settings, layout.state] {
            let below = String(top.dropFirst(layout.root.count + 1))
            try walk(below, RawPath(top), isTop: top == layout.state, body)
        }
    }

    private func walk(
        _ path: String, _ place: RawPath, isTop: Bool, _ body: (String, RawPath, stat) throws -> Void
    ) throws {
        guard let status = try present(place.status) else { return }
        try body(path, place, status)
        guard status.st_mode & S_IFMT == S_IFDIR, let names = try present(place.names) else { return }
        for name in names {
            let text = PathText.text(name)
            if isTop ? Self.leavesOut(text) : skips(path, text) { continue }
            try walk(path + "/" + text, place.appending(name), isTop: false, body)
        }
    }

    /// Names right below the state that are not taken.
    private static func leavesOut(_ name: String) -> Bool {
        ["backups", "uploads", "staged", "fingerprints.json", "finetuned.lock", "lost+found"].contains(name)
            || name.hasPrefix("ledger.sqlite") || name.hasPrefix(".")
    }

    /// What lies deeper and is not taken: half-written files, scratch folders, runs that the ledger does not know.
    private func skips(_ folder: String, _ name: String) -> Bool {
        if name.hasPrefix("."), name.hasSuffix(".tmp") { return true }
        guard folder == String(layout.runs.dropFirst(layout.root.count + 1)) else { return false }
        if name.hasPrefix(".") { return true }
        guard let number = Int(name.dropFirst(2)) else { return false }
        return number > (lastRun.flatMap { Int($0.rawValue.dropFirst(2)) } ?? 0)
    }

    /// Nil where it is gone by now.
    private func present<Value>(_ look: () throws -> Value) throws -> Value? {
        do { return try look() } catch let failure as FileFailure where failure.number == ENOENT { return nil }
    }
}
