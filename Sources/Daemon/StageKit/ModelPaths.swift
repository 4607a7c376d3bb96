import Foundation
import Nouns
import Platform

extension StageContext {
    /// A base as workers load it: its GGUF file, or its Hugging Face folder.
    package func modelReference(_ card: BaseCard, adapters: [AdapterReference] = []) -> ModelReference {
        let folder = layout.base(card.id.rawValue)
        let path = card.format == "gguf" ? card.files.first.map { folder + "/" + $0.path } ?? folder : folder
        return ModelReference(basePath: path, base: card.id, baseDigest: card.digest, adapters: adapters)
    }

    /// A registered base, or a Failure that says what to do.
    package func requireBase(_ id: BaseID) throws -> BaseCard {
        guard let card = try ledger.base(id) else {
            let known = try ledger.bases().map(\.id.rawValue).joined(separator: ", ")
            throw Failure(
                code: "base.unknown", "The base model '\(id)' is not registered.", at: id.rawValue,
                remedy: "Register it with `ftctl base add`"
                    + (known.isEmpty ? " (none is registered yet)." : ", or name one of: \(known)."))
        }
        return card
    }

    /// The adapters of what a pipeline serves now (none: the base alone), and the version.
    package func served(_ pipeline: PipelineName) throws -> ModelVersion? {
        guard let id = try ledger.served(pipeline)?.version else { return nil }
        return try ledger.version(id)
    }
}
