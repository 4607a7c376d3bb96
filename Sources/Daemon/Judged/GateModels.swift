import Foundation
import Ledger
import Nouns
import Platform
import StageKit
import WorkerProtocol

/// What a run is judged on and against: the models, the sets, and the names under which scores are kept. Scoring and
/// judging both use it.
package enum GateModels {
    /// One set of rows, and how it is scored.
    package struct GateSet: Sendable {
        package var set: EvaluationSet
        /// Digest of the rows.
        package var digest: String
        /// What else the scores depend on.
        package var settings: String
        /// The same where answers are whole though they may be cut: such scores do as well.
        package var wholeSettings: String?
    }

    /// Everything that a run is judged on.
    package struct Setup: Sendable {
        /// Asked of every model: the gate rows, those of feedback, golden sets, the probe, planted secrets.
        package var sets: [GateSet]
        /// The validation rows, scored for loss: the candidate as it was written against what training measured.
        package var validation: GateSet?
        /// What the candidate is compared with on the validation rows, where that decides whether the next run goes on
        /// from it (nil: nothing).
        package var continuedFrom: ModelRole?
        package var labels: [String]?
        package var maxNewTokens: Int?

        /// The sets that one of the models is scored on.
        package func sets(of role: ModelRole) -> [GateSet] {
            if role == .candidate || role == continuedFrom { return sets + (validation.map { [$0] } ?? []) }
            guard case .artefact = role, var gate = sets.first(where: { $0.set.name == .gate }) else {
                return sets
            }
            // An exported file is judged by its losses; its answers follow from the same numbers.
            gate.set.maxNewTokens = 0
            gate.set.cutsAnswers = nil
            gate.settings = (gate.wholeSettings ?? gate.settings) + " loss-only"
            gate.wholeSettings = nil
            return [gate]
        }
    }

    /// Candidate, served model (where something is), base, and what was written for each export, in this order.
    package static func all(_ run: Run, _ context: StageContext) throws -> [(
        role: ModelRole, reference: ModelReference
    )] {
        let card = try context.requireBase(run.base)
        var models: [(ModelRole, ModelReference)] = []
        if let candidate = try candidate(run, context) { models.append((.candidate, candidate)) }
        if let served = try context.served(run.pipeline) {
            models.append((.served, try context.modelReference(served)))
            if try FrozenSettings.of(run, context).gates.overStream,
                let stream = try StreamState.of(run.pipeline, context)
            {
                if !stream.isServed { models.append((.anchor, try context.modelReference(stream.anchor))) }
                for anchor in stream.others {
                    models.append((.gateAnchor(anchor.id), try context.modelReference(anchor)))
                }
            }
        }
        models.append((.base, context.modelReference(card, recipe: run.recipe)))
        for artefact in run.artefacts ?? [] where artefact.failure == nil {
            models.append((artefact.role, try reference(artefact, card, run.recipe, context)))
        }
        return models
    }

    /// What a run trained, as a worker loads it; nil before it is trained.
    package static func candidate(_ run: Run, _ context: StageContext) throws -> ModelReference? {
        guard let adapter = run.adapter else { return nil }
        return context.modelReference(
            try context.requireBase(run.base), adapters: try context.stack(of: run).topped(by: adapter),
            recipe: run.recipe)
    }

    /// An exported model as a worker loads it: the adapter on its base, or the merged files alone.
    private static func reference(
        _ artefact: Artefact, _ card: BaseCard, _ recipe: Recipe, _ context: StageContext
    ) throws -> ModelReference {
        let content = artefact.files.map(\.sha256).sorted().joined(separator: "\n")
        let file = artefact.format.mainFile.map { artefact.path + "/" + $0 }
        guard artefact.format.isAdapter else {
            var model = ModelReference(
                basePath: file ?? artefact.path, base: card.id, baseDigest: Digest.sha256(Data(content.utf8)))
            model.date = recipe.templateDate
            return model
        }
        let name = artefact.format.mainFile ?? "adapter_model.safetensors"
        guard let weights = artefact.files.first(where: { $0.path.hasSuffix("/" + name) }) else {
            throw Failure(
                code: "export.incomplete", "The exported adapter has no \(name).", at: artefact.path,
                remedy: "Queue a new run.")
        }
        return context.modelReference(
            card, adapters: [AdapterReference(path: file ?? artefact.path, sha256: weights.sha256)], recipe: recipe)
    }

    /// The rows and settings of a run's judgement.
    package static func setup(_ run: Run, _ context: StageContext) throws -> Setup {
        guard let snapshot = try context.ledger.snapshot(run.snapshot) else {
            throw Failure(
                code: "snapshot.missing", "The snapshot \(run.snapshot) is not in the ledger.", at: run.id.rawValue,
                remedy: "Queue a new run.")
        }
        let frozen = try FrozenSettings.of(run, context)
        let gates = frozen.gates
        let limit = gates.maximumRows > 0 ? gates.maximumRows : nil
        // By their digest: names of classes are text of rows, and what keeps scores apart is not to keep text.
        let names = (snapshot.labels ?? []).joined(separator: "\u{1f}")
        let labels = "labels=\(Digest.sha256(Data(names.utf8)))"
        // Scores from before rejected answers were scored are of no use where there are some.
        let pairs = snapshot.hasPairs == true ? " pairs" : ""
        func set(
            _ name: SetName, _ files: [FileReference], tokens: Int?, limit: Int? = nil, cut: Bool = false
        ) -> GateSet {
            let length = run.recipe.maxLength.map(String.init) ?? "context"
            let longest = (tokens ?? gates.maxNewTokens).map(String.init) ?? "by-row"
            let settings =
                """
                tokens=\(longest) length=\(length) limit=\(limit ?? 0) \
                \(tokens == 0 ? "" : labels)\(pairs)
                """
            var evaluated = EvaluationSet(name: name, files: files, limit: limit, maxNewTokens: tokens)
            if cut { evaluated.cutsAnswers = true }
            return GateSet(
                set: evaluated,
                digest: Digest.sha256(Data(([name.rawValue] + files.map(\.sha256)).joined(separator: "\n").utf8)),
                settings: settings + (cut ? " cut" : ""), wholeSettings: cut ? settings : nil)
        }
        let cut = snapshot.labels != nil && !gates.readsAnswers
        var sets = [set(.gate, snapshot.files[.gate] ?? [], tokens: nil, limit: limit, cut: cut)]
        if let files = snapshot.feedback, !files.isEmpty {
            sets.append(set(.feedback, files, tokens: nil, cut: cut))
        }
        for golden in frozen.golden { sets.append(set(golden.set, [golden.file], tokens: nil)) }
        if let probe = try context.requireBase(run.base).probe {
            var file = probe
            file.path = context.layout.base(run.base) + "/" + probe.path
            sets.append(set(.probe, [file], tokens: 0))
        }
        if let file = try PlantedSecrets(context: context, pipeline: run.pipeline).file(gates.canaries) {
            sets.append(set(.plantedSecrets, [file], tokens: 0))
        }
        let validation = snapshot.files[.validation] ?? []
        let continued = try continuedFrom(run, frozen, context)
        // Losses alone, unless answers are what the continuation is decided by.
        let isAsked = gates.primary.map { $0 != .loss } ?? (snapshot.labels?.isEmpty == false)
        return Setup(
            sets: sets,
            validation: validation.isEmpty || run.training?.validationLoss == nil
                ? nil : set(.validation, validation, tokens: continued != nil && isAsked ? nil : 0),
            continuedFrom: continued, labels: snapshot.labels, maxNewTokens: gates.maxNewTokens)
    }

    /// What a run's model is compared with on validation rows; nil where the next run would not go on from it.
    private static func continuedFrom(_ run: Run, _ frozen: FrozenSettings, _ context: StageContext) throws
        -> ModelRole?
    {
        guard frozen.unproven ?? 0 > 0, run.job == nil, run.foreign == nil else { return nil }
        return try context.served(run.pipeline) == nil ? .base : .served
    }

    /// A model's identity: its base, every adapter, and how it is asked, by content.
    package static func digest(_ model: ModelReference) -> String {
        var parts = [model.baseDigest] + model.adapters.map(\.sha256)
        if let template = model.template { parts.append("template " + Digest.sha256(Data(template.utf8))) }
        if let date = model.date { parts.append("date " + date) }
        return Digest.sha256(Data(parts.joined(separator: "\n").utf8))
    }
}
