import Foundation
import Nouns
import Places
import Platform
import Settings
import WorkerProtocol

/// What an engine works on, made of what the daemon has: rows as tokens and the base as a Hugging Face folder, both
/// written by the daemon's own worker and checked by digest. So text is understood in one place.
package struct EngineInputs: Sendable {
    /// Has the worker do a piece of work. Throws ``WorkerEnd``.
    package typealias Perform = @Sendable (WorkerRequest) async throws -> WorkerResult

    let layout: Layout
    let perform: Perform

    package init(_ layout: Layout, perform: @escaping Perform) {
        self.layout = layout
        self.perform = perform
    }

    /// A request to train as the engine takes it. Throws ``WorkerEnd``, a Failure, or a FileFailure.
    package func prepared(_ request: WorkerRequest, _ task: TrainTask, for profile: EngineProfile, base: BaseCard)
        async throws -> (WorkerRequest, TrainTask)
    {
        var (request, task) = (request, task)
        request.compute = profile.compute
        guard !profile.isBuiltin else { return (request, task) }
        task.tokens = try await tokens(request, task)
        task.model.basePath = try await staged(base, request)
        return (request, task)
    }

    // MARK: - Rows

    /// The rows of a task as tokens. What was written for the same rows before is taken as it is.
    private func tokens(_ request: WorkerRequest, _ task: TrainTask) async throws -> TrainingTokens {
        let folder = WorkFolder(WorkFolder(request.directory).tokens)
        var sets = [EvaluationSet(name: SetName("train"), files: task.train)]
        if !task.validation.isEmpty { sets.append(EvaluationSet(name: .validation, files: task.validation)) }
        var model = task.model
        model.adapters = []
        let encode = WorkerRequest(
            id: request.id, directory: folder.path,
            task: .encode(
                EncodeTask(
                    model: model, sets: sets, maxLength: task.recipe.maxLength, truncate: task.truncate,
                    pairs: task.recipe.trainsPairs)),
            threads: request.threads, memoryBytes: request.memoryBytes)
        let files = try await encoded(encode, folder, count: sets.count)
        return TrainingTokens(train: files[0], validation: files.count > 1 ? files[1] : nil)
    }

    /// The files that the worker makes of rows; as many as are wanted. Throws ``WorkerEnd``.
    func encoded(_ request: WorkerRequest, _ folder: WorkFolder, count: Int) async throws -> [FileReference] {
        if let known = try known(request, folder), known.count == count { return known }
        let files = try await perform(request).files ?? []
        for file in files { try Self.check(file, at: file.path, of: "The worker's tokens") }
        guard files.count == count else {
            throw WorkerEnd.failed(
                Failure(
                    code: "worker.no_result", "The worker gave no tokens of the rows.", at: folder.path,
                    remedy: "Check that finetune-worker is of the same version as the daemon."))
        }
        return files
    }

    /// What an earlier attempt wrote for the very same request; nil where it is not whole.
    private func known(_ request: WorkerRequest, _ folder: WorkFolder) throws -> [FileReference]? {
        let files = FileManager.default
        guard let asked = files.contents(atPath: folder.request), let said = files.contents(atPath: folder.result),
            try asked == ContractCoding.pretty(request),
            let result = try? ContractCoding.decode(WorkerResult.self, from: said), let tokens = result.files
        else { return nil }
        let areWhole = tokens.allSatisfy { (try? Digest.sha256(file: $0.path)) == $0.sha256 }
        return areWhole ? tokens : nil
    }

    // MARK: - Base

    /// The folder of a base as engines read it; made once for each digest.
    func staged(_ base: BaseCard, _ request: WorkerRequest) async throws -> String {
        let place = layout.stagedBase(base.digest)
        if FileManager.default.fileExists(atPath: place + "/config.json") { return place }
        let source = layout.base(base.id)
        for file in base.files { try Self.check(file, at: source + "/" + file.path, of: "The base '\(base.id)'") }
        let work = WorkFolder(request.directory).base
        try? FileManager.default.removeItem(atPath: work)
        let made: String
        if base.format == "huggingface" {
            made = work + "/export"
            try AtomicFile.makeFolder(made)
            for file in base.files { try AtomicFile.linkOrCopy(source + "/" + file.path, to: made + "/" + file.path) }
        } else {
            let model = ModelReference(basePath: base.path(in: source), base: base.id, baseDigest: base.digest)
            let export = WorkerRequest(
                id: request.id, directory: work, task: .export(ExportTask(model: model, format: .huggingfaceF32)),
                threads: request.threads, memoryBytes: request.memoryBytes)
            for file in try await perform(export).files ?? [] {
                try Self.check(file, at: file.path, of: "The exported base '\(base.id)'")
            }
            made = work + "/export"
        }
        try AtomicFile.makeFolder(layout.stagedBases)
        do { try AtomicFile.move(made, to: place) } catch let failure as FileFailure {
            // Another run was faster with the same base.
            guard FileManager.default.fileExists(atPath: place + "/config.json") else { throw failure }
        }
        try? FileManager.default.removeItem(atPath: work)
        return place
    }

    /// Throws ``WorkerEnd`` where a file is not what its digest says.
    private static func check(_ file: FileReference, at path: String, of what: String) throws {
        let digest = try Digest.sha256(file: path)
        guard digest == file.sha256 else {
            throw WorkerEnd.failed(
                Failure(
                    code: "model.digest", "\(what) has another SHA-256 (\(digest)) than was noted (\(file.sha256)).",
                    at: path, remedy: "The file was changed or damaged: restore it, or add the base again."))
        }
    }
}
