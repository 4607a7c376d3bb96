import Backups
import Foundation
import Nouns
import Reports

/// What a backup has.
struct BackupReport: Encodable {
    let id: String
    let folder: String
    /// When the ledger was as it is in the backup.
    let at: Date
    let files: Int
    let bytes: Int
    /// What was not in the folder before.
    let addedFiles: Int
    let addedBytes: Int
    /// Earlier backups that went.
    let removed: Int
    /// Files that are not what the ledger says.
    let faults: [Failure]

    init(_ outcome: BackupMaker.Outcome, folder: String) {
        let manifest = outcome.manifest
        (id, at, files, bytes) = (manifest.id, manifest.at, manifest.files, manifest.bytes)
        (addedFiles, addedBytes) = outcome.added
        self.folder = folder
        removed = outcome.removed
        faults = outcome.faults
    }

    var document: Document {
        Document([
            .facts(
                [
                    Fact("backup", id), Fact("folder", folder), Fact("ledger of", Quantity.time(at)),
                    Fact("holds", "\(Quantity.counted(files, "file")), \(Quantity.bytes(bytes))"),
                    Fact("new", "\(Quantity.counted(addedFiles, "file")), \(Quantity.bytes(addedBytes))"),
                ] + (removed > 0 ? [Fact("removed", Quantity.counted(removed, "earlier backup"))] : [])),
            .findings(faults.map { Finding(.fail, $0.description) }),
            .paragraph("Put it back with `ftctl restore \(folder)`, where the state is gone."),
        ])
    }
}
