import Foundation
import Ledger
import Nouns
import StageKit

/// A file that models and runs rest on, and what it is.
struct KeptFile: Hashable, Sendable {
    let path: String
    let sha256: String
    /// Nil where nobody has written it down.
    let bytes: Int?
    /// Whose it is in words, such as `the base tiny`.
    let owner: String

    /// Everything that serving and the next runs rest on: the files of each base, the adapters of what is served, the
    /// shards of each dataset.
    static func all(_ context: StageContext) throws -> [KeptFile] {
        var files: [KeptFile] = []
        for card in try context.ledger.bases() {
            let folder = context.layout.base(card.id)
            let parts = card.files + [card.probe].compactMap { $0 }
            files += parts.map {
                KeptFile(
                    path: $0.path.hasPrefix("/") ? $0.path : folder + "/" + $0.path, sha256: $0.sha256,
                    bytes: $0.bytes > 0 ? $0.bytes : nil, owner: "the base \(card.id)")
            }
        }
        for pipeline in try context.ledger.pipelines() {
            if let version = try context.served(pipeline) {
                files += version.adapters.map {
                    KeptFile(
                        path: weights($0.path), sha256: $0.sha256, bytes: nil,
                        owner: "\(version.id), which \(pipeline) serves")
                }
            }
            files += try context.ledger.shards(pipeline).map {
                KeptFile(
                    path: $0.file.path, sha256: $0.file.sha256, bytes: $0.file.bytes,
                    owner: "the dataset of \(pipeline)")
            }
        }
        return files
    }

    /// The file of an adapter whose digest is its name.
    private static func weights(_ folder: String) -> String {
        let isWhole = FileManager.default.fileExists(atPath: folder + "/config.json")
        return folder + (isWhole ? "/model.safetensors" : "/adapter_model.safetensors")
    }
}
