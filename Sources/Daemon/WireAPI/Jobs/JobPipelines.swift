import ControlProtocol
import Foundation
import Nouns
import Settings
import StageKit

/// The pipeline that a job is for: found by its name, or made.
struct JobPipelines {
    let context: StageContext

    /// - Parameter suffix: what the caller calls it; nil: the pipeline of the model, or one of the caller's own for the
    ///   base.
    ///
    /// Throws a Failure that names the field at fault: `request.value`, and `permission.pipeline` where it is somebody
    /// else's.
    func pipeline(for start: JobStart, suffix: String?, who: Principal) throws -> PipelineSettings {
        let name: PipelineName
        // What a person calls a pipeline of a model is its name, whatever it was made of.
        var text: String?
        if let own = start.pipeline, suffix == nil {
            name = own
        } else {
            text = suffix ?? "\(start.base)-\(who.name)"
            name = try Self.name(of: text ?? "")
        }
        if let own = start.pipeline, own != name {
            throw Self.fault(
                "suffix", "The model is of the pipeline '\(own)', and the suffix means '\(name)'.",
                "Leave the suffix out, or give a base as the model.")
        }
        let made = try context.ledger.madePipeline(name)
        if let configured = context.settings.pipeline(name) {
            if context.layout.isMade(configured.file), let made {
                try require(made, text, who)
            } else {
                try Self.require(configured, text)
            }
            try require(configured, start)
            return configured
        }
        if let made { try require(made, text, who) } else { try requireUnused(name) }
        return try MadePipelines(context).make(
            made ?? MadePipeline(name, owner: who.owner, text: text ?? name.rawValue, createdAt: Date()),
            base: start.base)
    }

    private static func name(of text: String) throws -> PipelineName {
        guard let name = MadePipeline.name(of: text) else {
            throw fault(
                "suffix", "Nothing of '\(text)' can name a pipeline.",
                "Give letters or digits: the rest becomes '-', which no name begins or ends with.")
        }
        if let reason = CommandWords.refusal(name.rawValue) {
            throw fault("suffix", "'\(name)' cannot name a pipeline: \(reason).", "Give another suffix.")
        }
        return name
    }

    /// Throws a Failure where another text has made the pipeline, or it is somebody else's.
    private func require(_ made: MadePipeline, _ text: String?, _ who: Principal) throws {
        if let text, text != made.text {
            throw Self.fault(
                "suffix", "'\(text)' becomes '\(made.pipeline)', which was made of '\(made.text)'.",
                "Give '\(made.text)' for that pipeline, or another suffix.")
        }
        guard !who.owns(made.owner), try !context.ledger.sharers(of: made.pipeline).contains(who.owner) else {
            return
        }
        let owner = Ownership.name(of: made.owner)
        let user = who.owner.hasPrefix("token:") ? who.owner : who.name
        throw Failure(
            code: "permission.pipeline", "The pipeline '\(made.pipeline)' belongs to \(owner).",
            at: made.pipeline.rawValue,
            remedy: "Its owner shares it with `ftctl pipeline share \(made.pipeline) \(user)`; or give another suffix.")
    }

    private static func require(_ configured: PipelineSettings, _ text: String?) throws {
        guard let text, text != configured.name.rawValue else { return }
        throw fault(
            "suffix", "'\(text)' becomes '\(configured.name)', which is the name of a pipeline with a file.",
            "Give '\(configured.name)' for that pipeline, or another suffix.")
    }

    /// Throws a Failure where the pipeline has another base, or does nothing.
    private func require(_ configured: PipelineSettings, _ start: JobStart) throws {
        let base = try context.effective(configured).settings.base
        guard base == start.base else {
            throw Self.fault(
                "model", "The pipeline '\(configured.name)' has the base '\(base)', not '\(start.base)'.",
                "Give '\(base)' as the model, or another suffix.")
        }
        if let engine = configured.engine, context.settings.now.engine(engine) == nil {
            let unknown = context.settings.now.unknownEngine(engine, at: configured.file)
            throw Self.fault(
                "suffix", "The pipeline '\(configured.name)' is trained by an engine. \(unknown.message)",
                "\(unknown.remedy ?? "") Or give another suffix.")
        }
        guard configured.enabled else {
            throw Self.fault(
                "suffix", "The pipeline '\(configured.name)' is not enabled.",
                "Set enabled = true in \(configured.file), or give another suffix.")
        }
    }

    /// Throws a Failure where the name is, or was, that of a pipeline that jobs did not make.
    private func requireUnused(_ name: PipelineName) throws {
        let isFaulty = context.settings.now.faulty.contains(context.layout.pipelineFile(name))
        let isFormer = try context.ledger.presentName(of: name) != nil || (try? context.requireKnown(name)) != nil
        guard isFaulty || isFormer else { return }
        throw Self.fault(
            "suffix",
            isFaulty
                ? "The file of the pipeline '\(name)' has a fault." : "'\(name)' was the name of another pipeline.",
            isFaulty ? "Mend the file, or give another suffix." : "Give another suffix.")
    }

    private static func fault(_ field: String, _ message: String, _ remedy: String) -> Failure {
        Failure(code: "request.value", message, at: field, remedy: remedy)
    }
}
