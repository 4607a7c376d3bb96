import ControlProtocol
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
    /// Where this is gone, the file was let go on purpose; nil for files that must be there.
    var within: String?

    /// Every file whose digest is known: the bases, the adapters of what is served and of all else that is kept, the
    /// rows of each dataset, the originals of drops, exports, and files that people keep here.
    static func all(_ context: StageContext) throws -> [KeptFile] {
        var files = try bases(context)
        for pipeline in try context.ledger.pipelines() {
            files += try models(pipeline, context) + rows(pipeline, context) + drops(pipeline, context)
        }
        for digest in try context.ledger.keptContents() {
            files.append(
                KeptFile(path: context.layout.keptFile(digest), sha256: digest, bytes: nil, owner: "a kept file"))
        }
        return files
    }

    private static func bases(_ context: StageContext) throws -> [KeptFile] {
        try context.ledger.bases().flatMap { card in
            let folder = context.layout.base(card.id)
            return (card.files + [card.probe].compactMap { $0 }).map {
                KeptFile(
                    path: $0.path.hasPrefix("/") ? $0.path : folder + "/" + $0.path, sha256: $0.sha256,
                    bytes: $0.bytes > 0 ? $0.bytes : nil, owner: "the base \(card.id)")
            }
        }
    }

    /// What is served must be there; versions, runs and exports that are kept may be let go by retention.
    private static func models(_ pipeline: PipelineName, _ context: StageContext) throws -> [KeptFile] {
        var files: [KeptFile] = []
        let served = try context.served(pipeline)
        if let served {
            files += served.adapters.flatMap { adapter($0, "\(served.id), which \(pipeline) serves", nil) }
        }
        for version in try context.ledger.keptVersions(pipeline) {
            let record = context.layout.versionRecord(pipeline, version.id)
            if version.id != served?.id {
                files += version.adapters.flatMap { adapter($0, "\(version.id) of \(pipeline)", record) }
            }
            for export in try context.ledger.exports(version.id) where export.state == .done {
                files += export.files.map {
                    KeptFile(
                        path: $0.path, sha256: $0.sha256, bytes: $0.bytes > 0 ? $0.bytes : nil,
                        owner: "the export \(export.format.rawValue) of \(version.id)", within: export.path)
                }
            }
        }
        for run in try context.ledger.keptRuns(pipeline) {
            for part in [run.adapter].compactMap({ $0 }) + (run.foreign?.frozen ?? []) {
                files += adapter(part, "run \(run.id) of \(pipeline)", part.path)
            }
        }
        return files
    }

    private static func adapter(_ adapter: AdapterReference, _ owner: String, _ within: String?) -> [KeptFile] {
        let weights = KeptFile(
            path: weights(adapter.path), sha256: adapter.sha256, bytes: nil, owner: owner, within: within)
        guard let configuration = adapter.configuration else { return [weights] }
        return [
            weights,
            KeptFile(
                path: adapter.path + "/adapter_config.json", sha256: configuration, bytes: nil, owner: owner,
                within: within),
        ]
    }

    /// The file of an adapter whose digest is its name.
    private static func weights(_ folder: String) -> String {
        let isWhole = FileManager.default.fileExists(atPath: folder + "/config.json")
        return folder + (isWhole ? "/model.safetensors" : "/adapter_model.safetensors")
    }

    /// The shards of the dataset, and every further row file, which has its digest for a name.
    private static func rows(_ pipeline: PipelineName, _ context: StageContext) throws -> [KeptFile] {
        var files = try context.ledger.shards(pipeline).map {
            KeptFile(
                path: $0.file.path, sha256: $0.file.sha256, bytes: $0.file.bytes,
                owner: "the dataset of \(pipeline)")
        }
        let known = Set(files.map(\.path))
        for folder in [context.layout.shards(pipeline), context.layout.goldenRows(pipeline)] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? [] {
                let (path, digest) = (folder + "/" + name, String(name.prefix { $0 != "." }))
                guard digest.wholeMatch(of: /[0-9a-f]{64}/) != nil, !known.contains(path) else { continue }
                files.append(
                    KeptFile(path: path, sha256: digest, bytes: nil, owner: "the rows of \(pipeline)", within: path))
            }
        }
        return files
    }

    /// The originals of drops that were files; those of folders are named by the list of what is in them.
    private static func drops(_ pipeline: PipelineName, _ context: StageContext) throws -> [KeptFile] {
        try context.ledger.drops(in: .stored, pipeline: pipeline).compactMap { drop in
            let path = context.layout.intake(pipeline, drop: drop.id) + "/original"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            return KeptFile(
                path: path, sha256: drop.sha256, bytes: drop.bytes, owner: "the drop \(drop.id)", within: path)
        }
    }
}
