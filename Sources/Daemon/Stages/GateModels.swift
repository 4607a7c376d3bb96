import Contracts
import Foundation
import Ledger
import Platform
import Settings

/// What a run is judged on and against: the models, the rows, and the names under which scores are kept. Used by those who score and those who judge.
package enum GateModels {
    /// The gate set and how it is scored.
    package struct Setup: Sendable {
        package var set: EvaluationSet
        package var labels: [String]?
        package var maxNewTokens: Int
        /// Digest of the rows.
        package var digest: String
        /// What else the scores depend on.
        package var settings: String
    }

    /// `candidate`, `served` (where something is) and `base`, in this order.
    package static func all(_ run: Run, _ context: StageContext) throws -> [(name: String, reference: ModelReference)] {
        let card = try context.requireBase(run.base)
        var models: [(String, ModelReference)] = []
        if let adapter = run.adapter {
            let parent = try run.parent.flatMap { try context.ledger.version($0) }
            let below = run.mode == .stack ? parent?.adapters ?? [] : run.mode == .continued ? parent.map { Array($0.adapters.dropLast()) } ?? [] : []
            models.append(("candidate", context.modelReference(card, adapters: below + [adapter])))
        }
        if let served = try context.served(run.pipeline) {
            models.append(("served", context.modelReference(try context.requireBase(served.base), adapters: served.adapters)))
        }
        models.append(("base", context.modelReference(card)))
        return models
    }

    /// The rows and settings of a run's judgement.
    package static func setup(_ run: Run, _ context: StageContext) throws -> Setup {
        guard let snapshot = try context.ledger.snapshot(run.snapshot) else {
            throw Failure(code: "snapshot.missing", "The snapshot \(run.snapshot) is not in the ledger.", at: run.id.rawValue, remedy: "Queue a new run.")
        }
        let gates = context.settings.pipeline(run.pipeline)?.gates ?? GatesSettings()
        let files = snapshot.files[.gate] ?? []
        let limit = gates.maximumRows > 0 ? gates.maximumRows : nil
        let set = EvaluationSet(name: "gate", files: files, limit: limit)
        let digest = Digest.sha256(Data(files.map(\.sha256).joined(separator: "\n").utf8))
        let settings = "tokens=\(gates.maxNewTokens) length=\(run.recipe.maxLength) limit=\(limit ?? 0) labels=\((snapshot.labels ?? []).joined(separator: "\u{1f}"))"
        return Setup(set: set, labels: snapshot.labels, maxNewTokens: gates.maxNewTokens, digest: digest, settings: settings)
    }

    /// A model's identity: its base and every adapter, by content.
    package static func digest(_ model: ModelReference) -> String {
        Digest.sha256(Data(([model.baseDigest] + model.adapters.map(\.sha256)).joined(separator: "\n").utf8))
    }
}
