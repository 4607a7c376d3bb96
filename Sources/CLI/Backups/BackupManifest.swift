import Foundation
import Nouns

/// What one backup holds: every file by its digest, and the ledger as it was at one moment.
package struct BackupManifest: Codable, Hashable, Sendable {
    /// One file, folder or link, as it lay there.
    package struct Entry: Codable, Hashable, Sendable {
        package enum Kind: String, Codable, Hashable, Sendable { case file, folder, link }

        /// Below the root, such as `var/lib/finetuned/models/tickets/current`; bytes that are no text as `%XX`.
        package var path: String
        package var kind: Kind
        /// The bits of its mode.
        package var mode: UInt32
        /// The names of its user and its group, or their numbers where they have none.
        package var owner: String
        package var group: String
        /// Of a file.
        package var sha256: String?
        package var bytes: Int?
        /// Nanoseconds since 1970 of a file's change and of its data's, and its inode: what tells that it is the same.
        package var changed: Int?
        package var modified: Int?
        package var inode: UInt64?
        /// Where a link leads, as its text.
        package var target: String?
    }

    /// The form of manifests that this program writes and reads.
    package static let format = 1

    package var format: Int
    /// Such as `20261129-125959`.
    package var id: String
    /// The root of the daemon whose files these are: paths in the ledger begin with it.
    package var root: String
    package var at: Date
    /// The program that wrote the ledger, and the ledger's schema.
    package var program: String
    package var schema: Int
    /// Digest of the ledger as it was at that moment.
    package var ledger: String
    package var entries: [Entry]

    /// How many files and bytes there are, the ledger apart.
    package var files: Int { entries.count { $0.kind == .file } }
    package var bytes: Int { entries.reduce(0) { $0 + ($1.bytes ?? 0) } }
    /// The digests of all that it needs.
    var digests: Set<String> { Set(entries.compactMap(\.sha256)).union([ledger]) }
}
