import Nouns
import Settings
import WorkerProtocol

/// Whether an engine can do what a pipeline asks of it, by its own account: what it leaves aside is refused, never
/// ignored. Pure.
package struct EngineFitness: Sendable {
    let name: EngineName
    let description: EngineDescription

    /// - Parameter description: what the engine says of itself.
    package init(_ name: EngineName, _ description: EngineDescription) {
        self.name = name
        self.description = description
    }

    /// What it cannot do, in the order of importance; none where it can train.
    ///
    /// - Parameters:
    ///   - base: what is trained (nil: not known yet).
    ///   - hasPairs: whether some rows have two answers.
    ///   - evaluates: whether it is to score and ask models too.
    package func refusals(_ recipe: Recipe, base: BaseCard?, hasPairs: Bool, evaluates: Bool = false)
        -> [Failure]
    {
        var found: [Failure] = []
        if !description.does(.train) {
            found.append(
                refusal(
                    "engine.task", "does not do the task 'train'", at: "engine", "Name an engine that trains."))
        }
        found += evaluation(base, isAsked: evaluates)
        if let base { found += refusals(base) }
        if !description.methods.contains(recipe.method.rawValue) {
            found.append(
                refusal(
                    "engine.method", "does not train with method = \"\(recipe.method.rawValue)\"", at: "recipe.method",
                    "Use \(Self.list(description.methods)), or another engine."))
        }
        let honoured = Set(description.recipe)
        for value in Self.neutral where !honoured.contains(value.key) && !value.isOff(recipe) {
            found.append(
                refusal(
                    "engine.recipe", "does not honour recipe.\(value.name)", at: "recipe.\(value.name)",
                    "Take the key out, or use another engine."))
        }
        if hasPairs, recipe.trainsPairs, !honoured.contains("preference") {
            found.append(
                refusal(
                    "engine.recipe", "does not train on pairs of answers", at: "recipe.objective",
                    "Set recipe.objective = \"completion\" to train on the preferred answers, or use another engine."))
        }
        return found
    }

    /// Why it cannot score and ask models of a base; none where it can.
    func refusalsToEvaluate(_ base: BaseCard) -> [Failure] { evaluation(base, isAsked: true) + refusals(base) }

    private func evaluation(_ base: BaseCard?, isAsked: Bool) -> [Failure] {
        guard isAsked || base?.isForEngines == true else { return [] }
        return [WorkerTask.Kind.score, .generate].filter { !description.does($0) }.map { task in
            refusal(
                "engine.task", "does not do the task '\(task.rawValue)', which its evaluations need", at: "engine",
                base?.isForEngines == true
                    ? "The worker does not run the base, so name an engine that scores and generates."
                    : "Take evaluate out of the engine's file, or use another engine.")
        }
    }

    private func refusals(_ base: BaseCard) -> [Failure] {
        var found: [Failure] = []
        if !description.architectures.contains(base.architecture) {
            found.append(
                refusal(
                    "engine.architecture", "does not run the architecture '\(base.architecture)' of '\(base.id)'",
                    at: "base", "Use a base of \(Self.list(description.architectures)), or another engine."))
        }
        if let most = description.largestModel?.parameters, base.parameters > most {
            found.append(
                refusal(
                    "engine.size",
                    "loads models of at most \(most) parameters, and '\(base.id)' has \(base.parameters)", at: "base",
                    "Use a smaller base, or another engine."))
        }
        return found
    }

    private func refusal(_ code: String, _ what: String, at place: String, _ remedy: String) -> Failure {
        Failure(code: code, "The engine '\(name)' \(what), as it says itself.", at: place, remedy: remedy)
    }

    private static func list(_ names: [String]) -> String { names.sorted().joined(separator: ", ") }

    /// A value of a recipe that an engine may leave aside where it asks for nothing.
    private struct Neutral: Sendable {
        /// Its name in a request, and in the settings.
        let key: String
        let name: String
        /// Whether it asks for nothing.
        let isOff: @Sendable (Recipe) -> Bool
    }

    private static let neutral: [Neutral] = [
        Neutral(key: "lastLayers", name: "last_layers") { $0.lastLayers == nil },
        Neutral(key: "rsLoRA", name: "rs_lora") { !$0.rsLoRA || $0.method == .full },
        Neutral(key: "targets", name: "targets") { $0.targets == Recipe.allTargets || $0.method == .full },
        Neutral(key: "adapterDropout", name: "adapter_dropout") { $0.adapterDropout == 0 || $0.method == .full },
        Neutral(key: "dropout", name: "dropout") { $0.dropout == 0 },
        Neutral(key: "loraPlusRatio", name: "lora_plus_ratio") { $0.loraPlusRatio == 1 || $0.method == .full },
        Neutral(key: "schedule", name: "schedule") { $0.schedule == .constant },
        Neutral(key: "warmupRatio", name: "warmup_ratio") { $0.warmupRatio == 0 },
        Neutral(key: "weightDecay", name: "weight_decay") { $0.weightDecay == 0 },
        Neutral(key: "clipNorm", name: "clip_norm") { $0.clipNorm == 0 },
        Neutral(key: "labelSmoothing", name: "label_smoothing") { $0.labelSmoothing == 0 },
        Neutral(key: "neftuneAlpha", name: "neftune_alpha") { $0.neftuneAlpha == 0 },
        Neutral(key: "startDecay", name: "start_decay") { $0.startDecay == 0 },
        Neutral(key: "patience", name: "patience") { $0.patience == nil },
    ]
}
