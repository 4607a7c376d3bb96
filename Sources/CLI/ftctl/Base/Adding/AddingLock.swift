import Foundation
import Nouns
import Platform

/// Holds others off who fetch the same for the same person and the same daemon at the same time.
enum AddingLock {
    /// The lock, which lasts as long as the object. Throws a Failure (`base.adding`) where somebody has it; nil where
    /// there is no folder for it.
    ///
    /// - Parameters:
    ///   - socket: the daemon's, which keeps what is fetched.
    ///   - doing: what is done, in words.
    ///   - look: the command that shows what came of it.
    static func take(
        _ key: String, socket: String, _ environment: [String: String], home: String,
        doing: String = "adding this base", look: String = "ftctl base list"
    ) throws -> FileLock? {
        let caches = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? home + "/.cache"
        let folder = caches + "/finetuned"
        // Without the folder two at once are told apart by the daemon, only later.
        guard (try? AtomicFile.makeFolder(folder, mode: 0o700)) != nil else { return nil }
        let name = Digest.sha256(Data("\(socket)\n\(key)".utf8)).prefix(32)
        do { return try FileLock(path: "\(folder)/adding-\(name).lock") } catch let failure as FileFailure
            where failure.number == EWOULDBLOCK
        {
            throw Failure(
                code: "base.adding", "Another ftctl is \(doing) now.", at: nil,
                remedy: "Wait until it has ended, then see `\(look)`.")
        } catch is FileFailure { return nil }
    }
}
