import Foundation
import Ledger
import Nouns
import Platform
import StageKit

/// Makes the immutable folder of a version: its adapters, and its lineage in `version.json`.
struct VersionFolder {
    let context: StageContext

    /// The version that a run's model is; making it again gives the same.
    func make(_ run: Run) throws -> ModelVersion {
        guard let adapter = run.adapter, let id = try context.versionID(of: run) else {
            throw Failure(
                code: "promotion.no_adapter", "Run \(run.id) has no trained adapter.", at: run.id.rawValue,
                remedy: "Queue a new run.")
        }
        let card = try context.requireBase(run.base)
        let stack = try context.stack(of: run).topped(by: adapter)
        let folder = context.layout.version(run.pipeline, id)
        var version = ModelVersion(
            id: id, pipeline: run.pipeline, run: run.id, base: run.base, baseDigest: card.digest, adapters: [],
            parent: run.parent, snapshot: run.snapshot,
            recipe: run.recipe, createdAt: Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded()),
            code: run.foreign?.code ?? BuildVersion.text,
            machine: run.foreign?.machine ?? run.training?.machine ?? "unknown")
        version.engine = run.training?.engine
        version.baseSource = card.source
        version.foreign = run.foreign
        for (index, part) in stack.enumerated() {
            var adapter = part
            adapter.path = folder + "/adapter-\(index)"
            version.adapters.append(adapter)
        }
        if FileManager.default.fileExists(atPath: folder + "/version.json") {
            return try context.ledger.version(id) ?? version
        }
        let hidden = context.layout.models(run.pipeline) + "/.\(id)"
        try? FileManager.default.removeItem(atPath: hidden)
        try AtomicFile.makeFolder(hidden)
        for (index, part) in stack.enumerated() { try copy(part, to: hidden + "/adapter-\(index)") }
        try AtomicFile.write(try ContractCoding.pretty(version), to: hidden + "/version.json")
        try AtomicFile.move(hidden, to: folder)
        return version
    }

    /// Takes an adapter, or a whole set of weights, and checks that it is what was judged. Bytes that never change are
    /// on the disk once, under the name of the run and that of each version that rests on them.
    private func copy(_ adapter: AdapterReference, to folder: String) throws {
        try AtomicFile.makeFolder(folder)
        let isWhole = FileManager.default.fileExists(atPath: adapter.path + "/config.json")
        let weights = isWhole ? "model.safetensors" : "adapter_model.safetensors"
        let names =
            isWhole
            ? try FileManager.default.contentsOfDirectory(atPath: adapter.path).filter { !$0.hasPrefix(".") }.sorted()
            : ["adapter_config.json", weights]
        guard FileManager.default.fileExists(atPath: adapter.path + "/" + weights) else {
            throw Failure(
                code: "promotion.removed", "The trained weights were removed, because nothing needed them.",
                at: adapter.path, remedy: "Queue a new run; [retention] says how long weights stay.")
        }
        for name in names {
            try AtomicFile.linkOrCopy(adapter.path + "/" + name, to: folder + "/" + name)
        }
        let digest = try Digest.sha256(file: folder + "/" + weights)
        guard digest == adapter.sha256 else {
            throw Failure(
                code: "promotion.changed",
                "The adapter is not the one that was judged (SHA-256 \(digest), judged \(adapter.sha256)).",
                at: adapter.path,
                remedy: "Queue a new run.")
        }
        guard let said = adapter.configuration else { return }
        let described = try Digest.sha256(file: folder + "/adapter_config.json")
        guard described == said else {
            throw Failure(
                code: "promotion.changed",
                "adapter_config.json is not the one that was judged (SHA-256 \(described), judged \(said)).",
                at: adapter.path, remedy: "Queue a new run.")
        }
    }
}
