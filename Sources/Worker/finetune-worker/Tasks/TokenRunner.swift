import Evaluation
import Foundation
import Generation
import ModelLoading
import Nouns
import Tensors
import Transformers
import WorkerProtocol

/// Scores sequences and answers prompts that are tokens already, as other engines do.
struct TokenRunner {
    let context: TaskContext

    /// Losses of sequences, a file a set.
    func score(_ model: ModelReference, _ sets: [FileReference]) throws -> WorkerResult {
        context.events.stage("loading")
        let sequences = try sets.map { try TokenFile.read($0) }
        let transformer = try transformer(model)
        for (set, file) in zip(sequences, sets) {
            try check(set.lazy.flatMap(\.ids), transformer, file)
        }
        context.events.stage("scoring")
        let scorer = SequenceScorer(transformer, memoryBytes: context.memoryBytes / 2)
        return try result(
            sequences.enumerated().map { number, set in
                let path = context.path("scores-\(number).safetensors")
                let scores = try scorer.score(
                    set, progress: { context.events.progress($0, of: set.count, "sequences") },
                    interruption: StopRequest.heed)
                try EngineNumbers.write(scores, to: path)
                return (path, set.count)
            })
    }

    /// Greedy answers, a file a set.
    func generate(_ model: ModelReference, _ sets: [FileReference]) throws -> WorkerResult {
        context.events.stage("loading")
        let asked = try sets.map { try PromptFile.read($0) }
        let transformer = try transformer(model)
        for (set, file) in zip(asked, sets) {
            try check(set.prompts.lazy.flatMap(\.self), transformer, file)
        }
        context.events.stage("generating")
        let generator = Generator(transformer, memoryBytes: context.memoryBytes / 2)
        return try result(
            asked.enumerated().map { number, set in
                let path = context.path("answers-\(number).safetensors")
                var done = 0
                let answers = try generator.generate(
                    set.prompts, GenerationOptions(maxNewTokens: set.limits.max() ?? 0, stopTokens: Set(set.stops)),
                    limits: set.limits,
                    finished: { _, _ in
                        done += 1
                        context.events.progress(done, of: set.prompts.count, "answers")
                    }, interruption: StopRequest.heed)
                try EngineNumbers.write(answers, to: path)
                return (path, set.prompts.count)
            })
    }

    private func transformer(_ model: ModelReference) throws -> Transformer {
        let loaded = try LoadedModel(model, interruption: StopRequest.heed)
        return try Transformer(loaded.model, adapter: loaded.adapter, team: ThreadTeam(threads: context.threads))
    }

    /// Refuses tokens that the model does not have.
    private func check(_ ids: some Sequence<Int32>, _ transformer: Transformer, _ file: FileReference) throws {
        let count = transformer.model.configuration.vocabulary
        guard let odd = ids.first(where: { $0 < 0 || Int($0) >= count }) else { return }
        throw Failure(
            code: "dataset.damaged", "It holds the token \(odd), and the model has \(count).", at: file.path,
            remedy: "Have the rows encoded again for this base.")
    }

    private func result(_ files: [(path: String, rows: Int)]) throws -> WorkerResult {
        var result = WorkerResult()
        result.files = try files.map { path, rows in
            var file = try FileReference(of: path)
            file.rows = rows
            return file
        }
        return result
    }
}
