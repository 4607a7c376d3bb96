import Foundation
import Nouns
import Places
import Platform

/// Looks at the ledger's file before it is opened: a daemon without its ledger must not begin a new one beside models
/// and data that are there.
package enum LedgerCheck {
    /// Throws a Failure (`ledger.missing`) where the ledger is not there, or is empty, although there is state. Nothing
    /// is touched.
    package static func check(_ layout: Layout) throws {
        var status = stat()
        let isThere = stat(layout.ledger, &status) == 0
        if !isThere, errno != ENOENT { throw FileFailure("look at it", layout.ledger, errno: errno) }
        guard !isThere || status.st_size == 0, let witness = try witness(layout) else { return }
        throw Failure(
            code: "ledger.missing",
            """
            The ledger \(isThere ? "is empty" : "is missing"), although there is state that it should know, such as \
            \(witness).
            """,
            at: layout.ledger,
            remedy: """
                Put the ledger back from a backup (docs/operating.md, 'Backup'), or move \(layout.state) away to begin \
                anew.
                """)
    }

    /// Something that only a daemon with a ledger makes.
    private static func witness(_ layout: Layout) throws -> String? {
        func first(in folder: String, _ isOurs: (String) -> Bool) throws -> String? {
            do {
                return try RawPath(folder).names().map { String(decoding: $0, as: UTF8.self) }.first(where: isOurs).map
                {
                    folder + "/" + $0
                }
            } catch let failure as FileFailure where failure.number == ENOENT { return nil }
        }
        for folder in [layout.runs, layout.bases, layout.allModels, layout.allDatasets] {
            if let found = try first(in: folder, { !$0.hasPrefix(".") }) { return found }
        }
        return try first(in: layout.state) { $0.hasPrefix("ledger.sqlite.before-") }
    }
}
