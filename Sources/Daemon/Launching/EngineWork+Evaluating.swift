import Foundation
import Nouns
import Places
import Platform
import Settings
import WorkerProtocol

/// Evaluating on an engine: the worker writes what is asked as tokens, the engine scores and answers, and the worker
/// makes the records of it that it makes of its own numbers.
extension EngineWork {
    /// Whether it computes an evaluation of a model: where the base or the engine's file wants it, and the model is one
    /// that engines read.
    package func evaluates(_ model: ModelReference) -> Bool {
        guard !profile.isBuiltin, profile.evaluate || base.isForEngines == true else { return false }
        // What is written as GGUF is the worker's to read, except for a base, which is staged.
        let isBase = model.baseDigest == base.digest
        return (isBase || !model.basePath.hasSuffix(".gguf"))
            && model.adapters.allSatisfy { !$0.path.hasSuffix(".gguf") }
    }

    /// Scores and asks one model. Throws ``WorkerEnd``; numbers that cannot be its own fail the work.
    package func evaluate(_ request: WorkerRequest, _ task: EvaluateTask) async throws -> WorkerResult {
        let refusals = EngineFitness(name, description).refusalsToEvaluate(base)
        if let refusal = refusals.first { throw WorkerEnd.failed(refusal) }
        let (work, began) = (WorkFolder(request.directory), ContinuousClock.now)
        let asked = try await asked(request, task, WorkFolder(work.engine.part("asked")))
        var model = task.model
        if model.baseDigest == base.digest { model.basePath = try await inputs.staged(base, request) }
        do {
            let scores = try await numbers(
                .score(Self.scoring(model, asked.map(\.sequences))), asked.count, "scores", request)
            let questions = asked.filter { $0.prompts.rows ?? 0 > 0 }
            let answers =
                questions.isEmpty
                ? []
                : try await numbers(
                    .generate(Self.answering(model, questions.map(\.prompts))), questions.count, "answers", request)
            var records = request
            records.task = .records(
                RecordsTask(
                    evaluate: task, scores: Self.named(asked.map(\.set), scores),
                    answers: Self.named(questions.map(\.set), answers)))
            var result = try await inputs.perform(records)
            // All sets were computed together.
            let seconds = began.duration(to: .now) / .seconds(1) / Double(max(1, task.sets.count))
            for set in task.sets { result.evaluations?[set.name]?.seconds = seconds }
            // They hold what rows say, and are made again where they are needed.
            try? FileManager.default.removeItem(atPath: work.engine.path)
            return result
        } catch let failure as Failure where failure.code == "engine.result" {
            throw WorkerEnd.failed(failure)
        }
    }

    /// What is asked of one set, as tokens.
    private struct Asked {
        let set: SetName
        let sequences: FileReference
        let prompts: FileReference
    }

    private func asked(_ request: WorkerRequest, _ task: EvaluateTask, _ folder: WorkFolder) async throws -> [Asked] {
        var model = task.model
        model.adapters = []
        var encode = EncodeTask(model: model, sets: task.sets, maxLength: task.maxLength)
        encode.questions = EvaluationQuestions(labels: task.labels, maxNewTokens: task.maxNewTokens)
        let work = WorkerRequest(
            id: request.id, directory: folder.path, task: .encode(encode), threads: request.threads,
            memoryBytes: request.memoryBytes)
        let files = try await inputs.encoded(work, folder, count: 2 * task.sets.count)
        return task.sets.enumerated().map {
            Asked(set: $1.name, sequences: files[2 * $0], prompts: files[2 * $0 + 1])
        }
    }

    /// Has the engine compute, in a folder of its own.
    private func numbers(_ task: WorkerTask, _ count: Int, _ part: String, _ request: WorkerRequest) async throws
        -> [FileReference]
    {
        var own = request
        own.directory = WorkFolder(request.directory).engine.part(part)
        own.task = task
        own.compute = profile.compute
        return try EngineResult(own).files(try await inputs.perform(own), count: count)
    }

    private static func scoring(_ model: ModelReference, _ tokens: [FileReference]) -> ScoreTask {
        var task = ScoreTask(model: model, rows: [])
        task.tokens = tokens
        return task
    }

    private static func answering(_ model: ModelReference, _ tokens: [FileReference]) -> GenerateTask {
        var task = GenerateTask(model: model, conversations: [])
        task.tokens = tokens
        return task
    }

    private static func named(_ sets: [SetName], _ files: [FileReference]) -> [SetName: FileReference] {
        Dictionary(zip(sets, files), uniquingKeysWith: { first, _ in first })
    }
}
