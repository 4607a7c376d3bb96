import ControlProtocol
import Launching
import Nouns
import Settings
import StageKit

extension PipelineCheck {
    /// Whether the pipeline's engine can do what is asked of it, by its own account.
    func engine(_ settings: PipelineSettings, _ card: BaseCard?, _ answer: inout PipelineCheckAnswer) async throws {
        guard let name = settings.engine else {
            if let card, card.isForEngines == true { answer.problems.append(Self.unrun(card, settings)) }
            return
        }
        let place = "\(settings.file), engine"
        let folder = context.settings.now
        guard let profile = folder.engine(name) else {
            answer.problems.append(folder.unknownEngine(name, at: place))
            return
        }
        guard let roster else { return }
        do {
            let description = try await roster.description(of: profile)
            let last = try context.ledger.runs(pipeline: settings.name, limit: 1).first
            let learnt = try last.flatMap { try context.ledger.snapshot($0.snapshot) }
            let hasPairs = settings.data.shape == .preference || learnt?.hasPairs == true
            let fitness = EngineFitness(name, description)
            let refusals = fitness.refusals(
                settings.recipe, base: card, hasPairs: hasPairs, evaluates: profile.evaluate)
            answer.problems += refusals.map { refusal in
                var refusal = refusal
                refusal.place = refusal.place.map { "\(settings.file), \($0)" }
                return refusal
            }
            if refusals.isEmpty {
                let devices = description.devices.joined(separator: ", ")
                let work = profile.evaluate || card?.isForEngines == true ? "trained and evaluated" : "trained"
                answer.facts.append("\(work) by the engine '\(name)': \(profile.program) on \(devices)")
            }
        } catch var failure as Failure {
            failure.message = "The engine '\(name)' cannot be used. " + failure.message
            answer.problems.append(failure)
        }
    }

    /// What is said of a pipeline without an engine whose base the worker does not run.
    static func unrun(_ card: BaseCard, _ settings: PipelineSettings) -> Failure {
        Failure(
            code: "base.for_engines",
            "The base '\(card.id)' is of the architecture '\(card.architecture)', which only engines run.",
            at: "\(settings.file), base", remedy: "Name an engine: engine = \"NAME\" (docs/engines.md).")
    }
}
