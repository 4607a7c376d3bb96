import Backups
import Foundation
import Reports

/// What was put back.
struct RestoreReport: Encodable {
    let id: String
    let at: Date
    let files: Int
    let bytes: Int
    /// The program that wrote the ledger.
    let program: String
    /// Settings that were there and differ from the backup's.
    let kept: [String]

    init(_ outcome: Restoring.Outcome) {
        let manifest = outcome.manifest
        (id, at, files, bytes, program) = (manifest.id, manifest.at, manifest.files, manifest.bytes, manifest.program)
        kept = outcome.kept
    }

    private var held: String { "\(Quantity.counted(files, "file")), \(Quantity.bytes(bytes))" }

    var document: Document {
        Document([
            .paragraph("Restored backup \(id): \(held), ledger of \(Quantity.time(at))."),
            .findings(
                kept.map { Finding(.warning, "\($0) was there, differs from the backup's, and stays as it is.") }),
            .paragraph("Start the daemon (systemctl start finetuned), then look at everything: `ftctl verify`."),
        ])
    }
}
