import Foundation
import Ledger
import Nouns
import Platform
import Settings

/// Pipelines that jobs make: each is a settings file that lies with the state, with the defaults and a base.
package struct MadePipelines: Sendable {
    let context: StageContext
    package init(_ context: StageContext) { self.context = context }

    /// Makes a pipeline and puts it into force. Throws a FileFailure, and what the ledger throws.
    package func make(_ made: MadePipeline, base: BaseID) throws -> PipelineSettings {
        let path = context.layout.madePipeline(made.pipeline)
        let owner = Ownership.name(of: made.owner)
        let text = """
            # Made by a fine-tuning job of \(owner)'s. A file of this name in \(context.layout.pipelineSettings)
            # goes before; `ftctl pipeline show \(made.pipeline) --toml` prints one to begin with.
            base = "\(base)"

            """
        try context.ledger.note(made)
        try AtomicFile.makeFolder(context.layout.madePipelines)
        try AtomicFile.write(Data(text.utf8), to: path)
        putIntoForce()
        guard let pipeline = context.settings.pipeline(made.pipeline) else {
            throw context.settings.now.problems(of: path).first
                ?? Failure(code: "internal", "The pipeline '\(made.pipeline)' could not be made.", at: path)
        }
        context.logger.notice(
            "The pipeline \(made.pipeline) is ready: a job of \(owner)'s made it, for \(base)",
            metadata: ["pipeline": "\(made.pipeline)", "event": "pipeline.ready"])
        context.bells.ringAll()
        return pipeline
    }

    /// Reads the settings again, with what was made or removed.
    package func putIntoForce() { context.settings.change { SettingsFolder.read(context.layout, after: $0) } }

    /// Removes the file of a pipeline that jobs made, where it has one.
    package func remove(_ name: PipelineName) throws {
        let path = context.layout.madePipeline(name)
        guard unlink(path) == 0 || errno == ENOENT else { throw FileFailure("remove it", path, errno: errno) }
    }
}
