import ControlProtocol
import Foundation
import Judged
import Ledger
import Nouns
import Packs
import Platform
import Promotion
import Registry
import Scheduling
import Settings
import StageKit

/// Versions as files: packed here for another daemon, or added from one, to be judged by the gates that are here.
package struct PackOperations: Sendable {
    let context: StageContext
    let scheduling: SchedulingService
    let promotion: PromotionService

    package init(_ context: StageContext, scheduling: SchedulingService, promotion: PromotionService) {
        self.context = context
        self.scheduling = scheduling
        self.promotion = promotion
    }

    /// Who holds a run until its files lie in their place.
    static let adding = "version add, until its files are there"

    /// A version as one file, with its verdict. Throws a Failure: `version.unknown`, `version.removed`, `export.base`,
    /// and `permission.admin` for what somebody else's job made, whose report is not for others.
    package func pack(_ id: VersionID, who: Principal) throws -> FileContent {
        guard let version = try context.ledger.version(id) else {
            throw Failure(
                code: "version.unknown", "There is no version '\(id)'.", at: id.rawValue,
                remedy: "See `ftctl version list PIPELINE`.")
        }
        guard try Sight(context.ledger, who).sees(version.run) else { throw Refusal.failure(who, .own) }
        guard FileManager.default.fileExists(atPath: context.layout.versionRecord(version.pipeline, id)) else {
            throw Failure(
                code: "version.removed", "The files of the version \(id) were removed.", at: id.rawValue,
                remedy: "See `ftctl version list \(version.pipeline)` for those that are there.")
        }
        let card = try context.requireBase(of: version)
        let verdict = try context.ledger.run(version.run)?.verdict
        let writer = try PackWriter(version, base: card, verdict: verdict, program: BuildVersion.text)
        return FileContent(try writer.pieces())
    }

    /// Registers a packed version as a foreign one of a pipeline, and queues it for the gates. The upload goes away
    /// with the answer.
    ///
    /// Throws a Failure: `pack.…` where the file is no sound pack, `version.base` and `version.other_base` where its
    /// base is not registered or not the pipeline's, `version.exists` where it came before.
    package func add(_ name: PipelineName, _ request: AddVersionRequest, who: Principal) throws -> Run {
        let pipeline = try context.requirePipeline(name)
        let uploads = Uploads(context)
        let path = try uploads.place(request.upload, file: request.file, who: who).path
        defer { try? uploads.close(request.upload) }
        let digest = try Digest.sha256(file: path)
        let former = try context.ledger.keptRuns(name).first { $0.foreign?.pack == digest && $0.state != .failed }
        if let former, former.paused != Self.adding {
            throw Failure(
                code: "version.exists",
                "This version was added before, as run \(former.id), which is \(former.state.rawValue).",
                at: former.id.rawValue, remedy: "See `ftctl report \(former.id)`.")
        }
        let scratch = context.layout.scratch("foreign-\(digest.prefix(16))-\(RandomName.new(""))")
        try AtomicFile.makeFolder(scratch)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let pack = try PackReader.unpack(path, into: scratch)
        let card = try base(pack, pipeline)
        let run = try former ?? queue(pack, digest, card, pipeline, who.name)
        return try place(run, scratch)
    }

    /// The base that the version stands on, as it is registered here.
    private func base(_ pack: VersionPack, _ pipeline: PipelineSettings) throws -> BaseCard {
        let bases = try context.ledger.bases()
        let origin = pack.base.origin ?? "an unknown place"
        guard let card = bases.first(where: { $0.digest == pack.version.baseDigest }) else {
            throw Failure(
                code: "version.base",
                """
                The version stands on the base '\(pack.base.id)' (\(pack.version.baseDigest.prefix(16))…), which is \
                not registered here.
                """,
                at: pack.base.id.rawValue,
                remedy: "Register the same files first: `ftctl base add`. There they came from \(origin).")
        }
        guard pipeline.base == card.id || pipeline.base == .automatic else {
            throw Failure(
                code: "version.other_base",
                "The version stands on '\(card.id)', and the base of '\(pipeline.name)' is '\(pipeline.base)'.",
                at: pipeline.file,
                remedy: "Add it to a pipeline of that base, or name that base in the pipeline's file.")
        }
        return card
    }

    /// Puts the run into the ledger, held until its files are there: a run is in the ledger before it has a folder.
    private func queue(
        _ pack: VersionPack, _ digest: String, _ card: BaseCard, _ pipeline: PipelineSettings, _ who: String
    ) throws -> Run {
        let snapshot = try scheduling.freezeForGates(pipeline.name)
        let settings = try FrozenSettings.freeze(pipeline, context)
        let run = try context.ledger.queue(taking: []) { id in
            let adapters = pack.version.adapters.enumerated().map { index, adapter in
                AdapterReference(
                    path: folder(id) + "/" + VersionPack.folder(index), sha256: adapter.sha256,
                    configuration: adapter.configuration)
            }
            var recipe = pack.version.recipe
            recipe.keepInRange()
            var run = Run(
                id: id, pipeline: pipeline.name, mode: .fromBase, state: .trained, base: card.id,
                snapshot: snapshot.id, drops: [], recipe: recipe, priority: 100, createdAt: Date(), requestedBy: who)
            run.adapter = adapters.last
            run.settings = settings
            run.paused = Self.adding
            run.foreign = ForeignOrigin(
                version: pack.version, pack: digest, addedBy: who,
                verdict: pack.verdict.map { "\($0.outcome.rawValue): \($0.summary)" },
                figures: pack.verdict?.figures[.candidate]?[.gate] ?? [:], frozen: Array(adapters.dropLast()))
            return run
        }
        guard let run else { throw Failure(code: "internal", "The run was not queued.", at: pipeline.name.rawValue) }
        return run
    }

    private func folder(_ run: RunID) -> String { context.layout.run(run) + "/foreign" }

    /// Puts the files into the run's folder, registers the version, and has the run judged.
    private func place(_ run: Run, _ scratch: String) throws -> Run {
        let target = folder(run.id)
        if !FileManager.default.fileExists(atPath: target) {
            try AtomicFile.makeFolder(context.layout.run(run.id))
            try AtomicFile.move(scratch, to: target)
        }
        let version = try promotion.register(run)
        try context.ledger.amend(run.id) { $0.paused = nil }
        guard let placed = try context.ledger.run(run.id), let foreign = placed.foreign else { return run }
        context.begin(placed, .added(version.id, from: foreign.machine))
        return placed
    }
}
