import Foundation
import GoldenSets
import Ledger
import Nouns
import Platform
import Settings
import StageKit

/// What a run is trained, judged and promoted by: taken from its pipeline's settings when the run is queued, kept in
/// the ledger by digest, and read by every stage afterwards.
///
/// So neither a changed, damaged, renamed or removed file of the pipeline nor a changed golden file or schema reaches
/// a run that is queued already.
package struct FrozenSettings: Codable, Hashable, Sendable {
    /// The rows of one golden set, by content.
    package struct GoldenRows: Codable, Hashable, Sendable {
        package var set: SetName
        package var file: FileReference
    }

    package var gates: GatesSettings
    /// The text of the file that `gates.answer_schema` names.
    package var schema: String?
    package var golden: [GoldenRows]
    package var promote: PipelineSettings.PromotionPolicy
    package var iterate: PipelineSettings.IterationPolicy
    package var iterateRuns: Int
    /// The formats that are written, and judged, before the verdict.
    package var exports: [ExportFormat]
    /// Whether rows that are too long are cut rather than refused.
    package var truncate: Bool
    package var warmStartRatio: Double
    /// Runs in a row that may start from what was not shown to be better (nil: an earlier version froze it, and none
    /// does).
    package var unproven: Int?

    /// The settings of a pipeline as they are now; its golden rows are kept beside its dataset.
    ///
    /// Throws a Failure (`golden.…`, `gating.schema`) where what the gates need cannot be read.
    package init(_ pipeline: PipelineSettings, _ context: StageContext) throws {
        gates = pipeline.gates
        schema = try pipeline.gates.answerSchema.map(Self.text)
        golden = try GoldenFiles(context: context, pipeline: pipeline.name).all().map {
            GoldenRows(set: $0.name, file: $0.file)
        }
        promote = pipeline.promote
        iterate = pipeline.iterate
        iterateRuns = pipeline.iterateRuns
        exports = pipeline.delivery.exports
        truncate = pipeline.data.truncate
        warmStartRatio = pipeline.incremental.warmStartRatio
        unproven = pipeline.incremental.unproven
    }

    private static func text(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(
                code: "gating.schema", "The file of gates.answer_schema cannot be read.", at: path,
                remedy: "Check that it is there and readable.")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

extension FrozenSettings {
    /// Freezes the settings of a pipeline as they are now, in the ledger; returns their digest, for the run that is
    /// about to be queued.
    package static func freeze(_ pipeline: PipelineSettings, _ context: StageContext) throws -> String {
        let data = try ContractCoding.encode(FrozenSettings(pipeline, context))
        let digest = Digest.sha256(data)
        try context.ledger.keepFrozenSettings(String(decoding: data, as: UTF8.self), digest: digest)
        return digest
    }

    /// The settings that were frozen for a run.
    ///
    /// A run that an earlier version queued has none: those in force when it is first asked for are frozen.
    ///
    /// Throws a Failure: `pipeline.gone` where such a run's pipeline is not there, `run.settings` where what was
    /// frozen cannot be read. Never gives defaults.
    package static func of(_ run: Run, _ context: StageContext) throws -> FrozenSettings {
        if let digest = run.settings { return try read(digest, run, context) }
        guard let pipeline = context.settings.pipeline(run.pipeline) else {
            throw Failure(
                code: "pipeline.gone",
                "Run \(run.id) waits: its pipeline '\(run.pipeline)' is not there, and says how it is judged.",
                at: run.id.rawValue,
                remedy: "Put the pipeline's file back, or end the run with `ftctl cancel \(run.id)`.")
        }
        let digest = try freeze(pipeline, context)
        try context.ledger.amend(run.id) { $0.settings = $0.settings ?? digest }
        return try read(digest, run, context)
    }

    private static func read(_ digest: String, _ run: Run, _ context: StageContext) throws -> FrozenSettings {
        let failure = Failure(
            code: "run.settings", "The settings that run \(run.id) was queued with cannot be read.", at: digest,
            remedy: "Cancel it with `ftctl cancel \(run.id)`, and queue a new one with `ftctl run \(run.pipeline)`.")
        guard let body = try context.ledger.frozenSettings(digest) else { throw failure }
        do { return try decode(Data(body.utf8)) } catch {
            throw Failure(
                code: failure.code, failure.message, at: failure.place, remedy: failure.remedy, cause: "\(error)")
        }
    }
}
