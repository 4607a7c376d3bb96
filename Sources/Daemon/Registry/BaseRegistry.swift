import ControlProtocol
import Foundation
import Launching
import Ledger
import Nouns
import Platform
import StageKit
import WorkerProtocol

/// The base models: taken in through uploads, inspected by a worker, kept by digest.
package struct BaseRegistry: Sendable {
    let context: StageContext
    let launcher: any WorkerRunner
    /// The architectures that engines say they run.
    let engines: @Sendable () async -> [String]

    /// - Parameter engines: the architectures that engines say they run; a base of one is taken although the worker
    ///   does not run it.
    package init(
        _ context: StageContext, launcher: any WorkerRunner, engines: @escaping @Sendable () async -> [String] = { [] }
    ) {
        self.engines = engines
        self.context = context
        self.launcher = launcher
    }

    /// Inspects an upload and registers it. Throws what the worker says where the engine cannot run the model.
    ///
    /// - Parameter who: the owner of the upload.
    package func add(_ request: AddBaseRequest, who: Principal) async throws -> BaseCard {
        do { return try await register(request, who) } catch {
            context.logger.warning("A base was refused: \(error)", metadata: ["event": "base.refused"])
            throw error
        }
    }

    private func register(_ request: AddBaseRequest, _ who: Principal) async throws -> BaseCard {
        let uploads = Uploads(context)
        let folder = try uploads.folder(request.upload, who: who)
        // Asked too early, it is still there afterwards.
        let gate = try UploadGate(folder, for: .inspecting)
        var isKept = false
        defer { withExtendedLifetime(gate) { if !isKept { try? uploads.close(request.upload) } } }
        let names = Self.names(folder)
        let path = Self.model(in: folder, names)
        let id = try request.id ?? suggested(names, request.origin, request.source)
        try requireFree(id)
        do { try requireWhole(request.source, in: folder) } catch {
            isKept = true
            throw error
        }
        let work = context.layout.scratch("inspect-" + request.upload)
        defer { try? FileManager.default.removeItem(atPath: work) }
        let worker = inspection(of: path, as: id, in: work, engines: await engines())
        let result: WorkerResult
        do { result = try await launcher.run(worker, silence: .seconds(300)) { _ in } } catch let end as WorkerEnd {
            isKept = end.failure == nil
            // What is damaged on its way is said to be that, and fetched anew.
            do { try verifyFiles(request.source, in: folder) } catch {
                isKept = true
                throw error
            }
            throw end.failure.map { named($0, path, request.origin) }
                ?? Failure(code: "base.interrupted", "The inspection was interrupted.", remedy: "Add the base again.")
        }
        guard var card = result.card else {
            throw Failure(code: "base.no_card", "The worker did not describe the model.", at: id.rawValue)
        }
        card.id = id
        card.origin = request.origin
        card.source = request.source
        let digests = Dictionary(card.files.map { ($0.path, $0.sha256) }) { first, _ in first }
        do { try verify(request.source, in: folder) { digests[$0] } } catch {
            isKept = true
            throw error
        }
        // The worker saw a copy in a folder of another name.
        if card.format == "huggingface" {
            card.name = request.source?.repository ?? folderName(request.origin) ?? id.rawValue
        }
        if let licence = request.licence { card.licence = licence }
        let place = context.layout.base(id)
        // Somebody may have taken the name meanwhile.
        try requireFree(id)
        if let same = try context.ledger.bases().first(where: { $0.digest == card.digest }) {
            throw Failure(
                code: "base.exists", "These weights are registered already, as '\(same.id)'.", at: same.id.rawValue,
                remedy: "Use '\(same.id)'.")
        }
        if let probe = try await probe(card, path: path, work: work, to: folder) {
            (card.probe, card.probeSeed) = (probe, Self.probeSeed)
        }
        // A folder without a ledger row is what a crash left behind.
        try? FileManager.default.removeItem(atPath: place)
        try Uploads.tidy(folder)
        try AtomicFile.write(try ContractCoding.pretty(card), to: folder + "/card.json")
        try AtomicFile.makeFolder((place as NSString).deletingLastPathComponent)
        try AtomicFile.move(folder, to: place)
        try context.ledger.add(card)
        context.logger.notice(
            "Registered the base \(id): \(card.architecture), \(card.parameters) parameters",
            metadata: ["event": "base.added"])
        context.bells.scheduling.ring()
        return card
    }

    private func inspection(of path: String, as id: BaseID, in work: String, engines: [String]) -> WorkerRequest {
        let task = InspectTask(path: path, id: id, engines: engines.isEmpty ? nil : engines)
        return WorkerRequest(
            id: "inspect-\(id)", directory: work, task: .inspect(task),
            threads: context.settings.daemon.workerThreads)
    }

    /// The seed of every probe: the same base says the same again.
    private static let probeSeed: UInt64 = 20_240_229

    /// Samples what the base writes by itself, once and for ever: later models are asked whether they still know it.
    /// Nil where none is wanted, and where the worker does not compute with the base.
    private func probe(_ card: BaseCard, path: String, work: String, to folder: String) async throws -> FileReference? {
        let texts = context.settings.daemon.probeTexts
        guard texts > 0, card.isForEngines != true else { return nil }
        let model = ModelReference(basePath: path, base: card.id, baseDigest: card.digest)
        let task = ScoreTask(model: model, rows: [], probeTexts: texts, seed: Self.probeSeed)
        let request = WorkerRequest(
            id: "probe-\(card.id)", directory: work + "-probe", task: .score(task),
            threads: context.settings.daemon.workerThreads,
            memoryBytes: context.settings.daemon.workerMemoryBytes)
        defer { try? FileManager.default.removeItem(atPath: request.directory) }
        let result: WorkerResult
        do { result = try await launcher.run(request, silence: .seconds(600)) { _ in } } catch let end as WorkerEnd {
            throw end.failure
                ?? Failure(
                    code: "base.interrupted", "The sampling of the probe was interrupted.",
                    remedy: "Add the base again.")
        }
        guard var file = result.files?.first, (file.rows ?? 1) > 0 else { return nil }
        try AtomicFile.move(file.path, to: folder + "/probe.jsonl")
        file.path = "probe.jsonl"
        return file
    }

    /// Removes a base that nothing was made from and no pipeline names.
    package func remove(_ id: BaseID) throws {
        let card = try context.requireBase(id)
        if let pipeline = context.settings.pipelines.first(where: { $0.base == id }) {
            throw Failure(
                code: "base.in_use", "The base '\(id)' is in use by the pipeline '\(pipeline.name)'.",
                at: pipeline.file, remedy: "Give that pipeline another base first.")
        }
        try context.ledger.removeBase(id)
        try? FileManager.default.removeItem(atPath: context.layout.base(id))
        try? FileManager.default.removeItem(atPath: context.layout.stagedBase(card.digest))
        context.logger.notice("Removed the base \(id)", metadata: ["event": "base.removed"])
    }

    /// The same fault at the file that the person gave: the copy that was looked at is gone when they read this.
    func named(_ failure: Failure, _ copy: String, _ origin: String?) -> Failure {
        guard let origin else { return failure }
        var failure = failure
        failure.place = failure.place?.replacingOccurrences(of: copy, with: origin)
        return failure
    }

    /// The name of the folder that a person gave; nil where the model came otherwise.
    private func folderName(_ origin: String?) -> String? {
        guard let origin, origin.hasPrefix("/") else { return nil }
        return (origin as NSString).lastPathComponent
    }

    private func suggested(_ names: [String], _ origin: String?, _ source: BaseSource?) throws -> BaseID {
        let file = names.first { $0.hasSuffix(".gguf") }.map {
            $0.replacing(/(-[0-9]{5}-of-[0-9]{5})?\.gguf$/, with: "")
        }
        let repository = source?.repository?.split(separator: "/").last.map(String.init)
        guard let id = (file ?? repository ?? folderName(origin)).flatMap({ BaseID(suggestedBy: $0) }) else {
            throw Failure(code: "base.name", "The base needs a name.", remedy: "Give one with --id.")
        }
        return id
    }
}
