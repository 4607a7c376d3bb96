import Evaluation
import Foundation
import Generation
import ModelLoading
import Nouns
import Platform
import Tensors
import Transformers
import WorkerProtocol

/// Scores a model on rows without training, and samples a probe of what it says by itself.
struct ScoreRunner {
    let context: TaskContext

    func run(_ task: ScoreTask) throws -> WorkerResult {
        if let tokens = task.tokens { return try TokenRunner(context: context).score(task.model, tokens) }
        guard (0...1 << 20).contains(task.limit), (0...64).contains(task.shots), (0...4096).contains(task.probeTexts)
        else {
            throw WorkerFault(
                .badRequest,
                Failure(
                    code: "request.score",
                    "limit \(task.limit), shots \(task.shots) or probeTexts \(task.probeTexts) is out of range.",
                    at: "score", remedy: "Use up to 1048576 rows, 64 shots and 4096 probe texts."))
        }
        context.events.stage("loading")
        let loaded = try LoadedModel(task.model, interruption: StopRequest.heed)
        let transformer = try Transformer(
            loaded.model, adapter: loaded.adapter, team: ThreadTeam(threads: context.threads))
        var result = WorkerResult()
        result.figures = [:]
        let rows = try RowReader.read(task.rows, limit: task.limit + task.shots, interruption: StopRequest.heed)
        if !rows.isEmpty {
            context.events.stage("scoring")
            let score = FewShotScore(
                encoder: loaded.encoder, transformer: transformer, memoryBytes: context.memoryBytes / 2,
                observer: context.observer)
            result.figures = try score.figures(
                of: rows.dropFirst(task.shots), after: rows.prefix(task.shots), labels: task.labels)
        }
        if task.probeTexts > 0 {
            result.files = [try probe(task, loaded, transformer)]
        }
        return result
    }

    /// Texts that the model writes by itself, as rows of plain text: what it knew before it was trained further.
    private func probe(_ task: ScoreTask, _ loaded: LoadedModel, _ transformer: Transformer) throws -> FileReference {
        context.events.stage("sampling")
        let tokenizer = loaded.text.tokenizer
        guard let first = tokenizer.bos ?? tokenizer.eos else {
            throw WorkerFault(
                .badModel,
                Failure(
                    code: "model.no_bos", "The tokenizer has no token that begins a text, so nothing can be sampled.",
                    at: loaded.path,
                    remedy: "Set probe texts to 0 for this base."))
        }
        let generator = Generator(transformer, memoryBytes: context.memoryBytes / 2)
        let options = GenerationOptions(
            maxNewTokens: 48, temperature: 1, topP: 0.95, seed: task.seed,
            stopTokens: Set(loaded.encoder.encoder.stopTokens()))
        let answers = try generator.generate(
            [[Int32]](repeating: [first], count: task.probeTexts), options, interruption: StopRequest.heed)
        let rows = answers.map { tokenizer.decode($0.ids, skippingControl: true) }
            .filter { !$0.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty }
            .enumerated().map { index, text in
                let digest = Digest.sha256(Data(text.utf8))
                return Row(
                    id: RowID(String(digest.prefix(32))), content: .text(text), split: .gate,
                    promptKey: String(digest.prefix(16)),
                    drop: "probe", line: index + 1)
            }
        return try ResultFile.writeLines(rows, to: context.path("probe.jsonl"))
    }
}
