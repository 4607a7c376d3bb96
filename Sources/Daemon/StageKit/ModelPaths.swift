import Foundation
import Nouns
import Platform

extension StageContext {
    /// A base as workers load it: its GGUF file, or its Hugging Face folder.
    ///
    /// - Parameter recipe: whose template and day rows are written with; the base's own where it is nil.
    package func modelReference(_ card: BaseCard, adapters: [AdapterReference] = [], recipe: Recipe? = nil)
        -> ModelReference
    {
        var model = ModelReference(
            basePath: card.path(in: layout.base(card.id)), base: card.id, baseDigest: card.digest,
            adapters: adapters)
        (model.template, model.date) = (recipe?.template?.text, recipe?.templateDate)
        return model
    }

    /// The recipe as a run keeps it: with the text of its template, and with the day that the template prints where it
    /// prints one. Throws a Failure (`recipe.template`).
    package func prepared(_ recipe: Recipe, _ card: BaseCard) throws -> Recipe {
        var recipe = recipe
        recipe.template = try recipe.template?.loaded()
        let prints = recipe.template?.text.map { $0.contains("strftime_now") } ?? card.printsDate ?? false
        recipe.templateDate = prints ? recipe.templateDate ?? TemplateDay.today() : nil
        return recipe
    }

    /// A version as workers load it: its base with its adapters.
    package func modelReference(_ version: ModelVersion) throws -> ModelReference {
        modelReference(try requireBase(version.base), adapters: version.adapters, recipe: version.recipe)
    }

    /// What the adapter of a run rests on.
    package func stack(of run: Run) throws -> AdapterStack {
        if let foreign = run.foreign { return AdapterStack(frozen: foreign.frozen) }
        return try stack(run.mode, parent: run.parent)
    }

    /// What an adapter rests on that starts from `parent` (nil: the base alone).
    package func stack(_ mode: Run.Mode, parent: VersionID?) throws -> AdapterStack {
        AdapterStack(mode, parent: try parent.flatMap { try ledger.version($0) }?.adapters)
    }

    /// The version that a run's model is, or would be; nil where nothing is trained.
    ///
    /// The run is part of the name: the same weights from another run are another version with a lineage of its own.
    package func versionID(of run: Run) throws -> VersionID? {
        guard let adapter = run.adapter else { return nil }
        let stack = try stack(of: run).topped(by: adapter)
        let content = [try requireBase(run.base).digest] + stack.map(\.sha256) + [run.id.rawValue]
        return VersionID("v-" + String(Digest.sha256(Data(content.joined(separator: "\n").utf8)).prefix(16)))
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

    /// The base that a version stands on. Throws a Failure (`export.base`) where it is gone or another one.
    package func requireBase(of version: ModelVersion) throws -> BaseCard {
        func gone(_ what: String) -> Failure {
            Failure(
                code: "export.base", "The version \(version.id) stands on the base '\(version.base)', \(what).",
                at: version.base.rawValue,
                remedy: "Register the same files again: `ftctl base add … --id \(version.base)`.")
        }
        guard let card = try ledger.base(version.base) else { throw gone("which is not registered any more") }
        guard card.digest == version.baseDigest else { throw gone("and another model has that name now") }
        let path = card.path(in: layout.base(card.id))
        guard FileManager.default.fileExists(atPath: path) else { throw gone("whose files are gone from \(path)") }
        return card
    }

    /// The adapters of what a pipeline serves now (none: the base alone), and the version.
    package func served(_ pipeline: PipelineName) throws -> ModelVersion? {
        guard let id = try ledger.served(pipeline)?.version else { return nil }
        return try ledger.version(id)
    }
}
