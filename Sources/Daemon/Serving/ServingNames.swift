import Foundation
import Ledger
import Nouns
import StageKit

/// What the names mean that a model can be asked by: a pipeline, a version, a run, a base, and OpenAI's names of them.
package struct ServingNames: Sendable {
    let context: StageContext
    let sight: Sight

    /// - Parameter sight: what exists for whoever asks: what others' jobs have trained and was not promoted is no model
    ///   for him. Nil for the daemon itself.
    package init(_ context: StageContext, _ sight: Sight? = nil) {
        self.context = context
        self.sight = sight ?? Sight(context.ledger, nil)
    }

    /// Throws a Failure (`base.for_engines`) where the worker, which answers here, does not run a base.
    func requireRunnable(_ base: BaseID) throws {
        guard let card = try context.ledger.base(base), card.isForEngines == true else { return }
        throw Failure(
            code: "base.for_engines",
            "The base '\(base)' is of the architecture '\(card.architecture)', which only engines run.",
            at: base.rawValue,
            remedy: "Export the version as huggingface or peft, and ask it by a program that runs such models.")
    }

    /// The pipelines that can be asked: those with a settings file, and those that have lost it and still serve a
    /// version.
    package func pipelines() throws -> [PipelineName] {
        let configured = context.settings.pipelines.map(\.name)
        return try configured + context.ledger.pipelines().filter { try !configured.contains($0) && isAnswering($0) }
    }

    /// Whether a name means a pipeline that answers, with or without a settings file.
    func isAnswering(_ pipeline: PipelineName) throws -> Bool {
        try context.settings.pipeline(pipeline) != nil || context.served(pipeline) != nil
    }

    /// What a pipeline serves now, or its base. One whose settings file is gone goes on answering with what it serves.
    package func served(_ pipeline: PipelineName) throws -> ServingTarget {
        if let version = try context.served(pipeline) { return try target(version, of: pipeline) }
        guard let settings = context.settings.pipeline(pipeline) else { throw unknown(pipeline.rawValue) }
        let card = try context.requireBase(context.effective(settings).settings.base)
        return ServingTarget(model: context.modelReference(card), pipeline: pipeline)
    }

    /// The base under a pipeline.
    package func base(of pipeline: PipelineName) throws -> ServingTarget {
        let base: BaseID
        if let served = try context.served(pipeline) {
            base = served.base
        } else {
            guard let settings = context.settings.pipeline(pipeline) else { throw unknown(pipeline.rawValue) }
            base = try context.effective(settings).settings.base
        }
        return ServingTarget(model: context.modelReference(try context.requireBase(base)))
    }

    /// What `name` means: a base, a pipeline, a version or a run.
    ///
    /// Throws a Failure: `model.unknown` with the names there are, `model.removed` with when and why it went.
    package func target(_ name: String) throws -> ServingTarget {
        if name.hasPrefix("ft:") { return try tuned(name) }
        if let card = try context.ledger.base(BaseID(name)) {
            return ServingTarget(model: context.modelReference(card))
        }
        if try isAnswering(PipelineName(name)) { return try served(PipelineName(name)) }
        if let version = try context.ledger.version(VersionID(name)) {
            return try target(version)
        }
        if let run = try context.ledger.run(RunID(name)), try sight.sees(run) { return try candidate(run) }
        throw unknown(name)
    }

    /// The model that a run trained, promoted or not.
    func candidate(_ run: Run) throws -> ServingTarget {
        if let id = run.version, let version = try context.ledger.version(id) {
            return try target(version)
        }
        guard let adapter = run.adapter else {
            throw Failure(
                code: "model.unknown", "The run \(run.id) is \(run.state.rawValue) and has no model.",
                at: run.id.rawValue, remedy: "Ask when it is trained.")
        }
        let stack = try context.stack(of: run).topped(by: adapter)
        if let missing = stack.first(where: { !FileManager.default.fileExists(atPath: $0.path) }) {
            throw Failure(
                code: "model.removed", "The files of the run \(run.id) are gone.", at: missing.path,
                remedy: "Queue a new run.")
        }
        return ServingTarget(
            model: context.modelReference(try context.requireBase(run.base), adapters: stack, recipe: run.recipe),
            run: run.id, name: try name(of: run))
    }

    /// A version as the worker loads it, where its files are there.
    ///
    /// - Parameter pipeline: the pipeline that was named and serves it.
    func target(_ version: ModelVersion, of pipeline: PipelineName? = nil) throws -> ServingTarget {
        let folder = context.layout.version(version.pipeline, version.id)
        guard FileManager.default.fileExists(atPath: context.layout.versionRecord(version.pipeline, version.id)) else {
            throw try removed(version, folder)
        }
        return ServingTarget(
            model: try context.modelReference(version), version: version.id, pipeline: pipeline,
            name: Self.name(version))
    }

    /// When and why a version's files went.
    private func removed(_ version: ModelVersion, _ folder: String) throws -> Failure {
        let why =
            context.settings.pipeline(version.pipeline) == nil
            ? "with its pipeline" : "since no rule of [retention] kept them"
        let how = try context.ledger.cleared(.version, version.id.rawValue).map {
            "were removed on \($0.formatted(.iso8601)), \(why)"
        }
        return Failure(
            code: "model.removed",
            "The files of the version \(version.id) \(how ?? "are gone, and the daemon has not removed them").",
            at: folder, remedy: "Ask the pipeline '\(version.pipeline)', or another of its versions.")
    }

    func unknown(_ name: String) -> Failure {
        let pipelines = ((try? self.pipelines()) ?? context.settings.pipelines.map(\.name)).map(\.rawValue)
        let bases = ((try? context.ledger.bases()) ?? []).map(\.id.rawValue)
        let names = (pipelines + bases).joined(separator: ", ")
        let known =
            names.isEmpty
            ? "Register a base with `ftctl base add`."
            : "Ask one of: \(names); or a version of `ftctl version list PIPELINE`."
        return Failure(
            code: "model.unknown", "There is no model '\(name)'.", at: name,
            remedy: NearestName.question(name, among: pipelines + bases) ?? known)
    }
}
