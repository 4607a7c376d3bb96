import Foundation
import Nouns

/// A copy of the ledger as it was at one moment, for a backup.
package struct BackupAnswer: Codable, Hashable, Sendable {
    package var id: String
    /// The folder on the daemon's machine that has the copy, ``ledgerName``, and the list, ``listName``.
    package var folder: String
    package var at: Date
    /// The program that wrote the ledger.
    package var program: String
    /// The schema that the ledger has.
    package var schema: Int
    /// The newest run of the ledger; what runs after it left is of no use beside this ledger.
    package var lastRun: RunID?

    package static let ledgerName = "ledger.sqlite"
    /// A JSON list of ``NamedFile``s.
    package static let listName = "files.json"

    package init(
        id: String, folder: String, at: Date, program: String, schema: Int, lastRun: RunID?
    ) {
        self.id = id
        self.folder = folder
        self.at = at
        self.program = program
        self.schema = schema
        self.lastRun = lastRun
    }
}

/// A file that the ledger names, with what it must be.
package struct NamedFile: Codable, Hashable, Sendable {
    /// Absolute, on the daemon's machine.
    package var path: String
    package var sha256: String
    /// Whose it is in words, such as `the base tiny`.
    package var owner: String

    package init(path: String, sha256: String, owner: String) {
        self.path = path
        self.sha256 = sha256
        self.owner = owner
    }
}
