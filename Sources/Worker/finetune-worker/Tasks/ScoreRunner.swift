import Evaluation
import Foundation
import Generation
import Nouns
import Platform
import Tensors
import Transformers
import WorkerProtocol

/// Scores a model on rows without training, and samples a probe of what it says by itself.
struct ScoreRunner {
    let context: TaskContext

    func run(_ task: ScoreTask) throws -> WorkerResult {
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
        let rows = try RowReader.read(task.rows, limit: task.limit + task.shots)
        if !rows.isEmpty {
            result.figures = try score(rows, task, loaded, transformer)
        }
        if task.probeTexts > 0 {
            result.files = [try probe(task, loaded, transformer)]
        }
        return result
    }

    /// Bits per byte of all rows after the worked examples, and the accuracy of the likeliest label with them in front.
    private func score(_ rows: [Row], _ task: ScoreTask, _ loaded: LoadedModel, _ transformer: Transformer) throws
        -> [String: Double]
    {
        let shots = Array(rows.prefix(max(0, task.shots)))
        let scored = Array(rows.dropFirst(shots.count))
        let encoder = loaded.encoder
        let length = loaded.model.configuration.context
        context.events.stage("scoring")
        var plain: [(row: Row, sequence: TokenSequence)] = []
        for row in scored {
            try StopRequest.heed()
            if let example = try? encoder.example(row.content, maximumLength: length) {
                plain.append((row, example.sequence))
            }
        }
        let scorer = SequenceScorer(transformer, memoryBytes: context.memoryBytes / 2)
        let scores = try scorer.score(
            plain.map(\.sequence), progress: { context.events.progress($0, of: plain.count, "rows") },
            interruption: StopRequest.heed)
        let records = zip(plain, scores).map { item, score in
            ExampleRecord(
                row: item.row.id, set: SetName("score"), lossSum: score.lossSum, tokens: score.tokens,
                correctTokens: score.correct,
                bytes: RowEncoder.labelledBytes(item.row.content), promptTokens: 0, prompt: "", reference: "")
        }
        var figures: [String: Double] = [:]
        for (metric, value) in ExampleFigures.of(records) { figures[metric.rawValue] = value }
        figures[MetricKey.rowsSkipped.rawValue] = Double(scored.count - plain.count)
        guard let labels = task.labels, labels.count > 1 else { return figures }
        var sequences: [TokenSequence] = []
        var owners: [(row: Int, label: String)] = []
        for (index, row) in scored.enumerated() where row.label != nil {
            try StopRequest.heed()
            for label in labels {
                guard let content = RowEncoder.replacingAnswer(row.content, by: label),
                    let example = try? encoder.example(Self.withExamples(shots, content), maximumLength: length)
                else { continue }
                sequences.append(example.sequence)
                owners.append((index, label))
            }
        }
        let labelScores = try scorer.score(sequences, interruption: StopRequest.heed)
        var byRow: [Int: [String: Double]] = [:]
        for (owner, score) in zip(owners, labelScores) { byRow[owner.row, default: [:]][owner.label] = -score.lossSum }
        let right = byRow.filter { ExampleFigures.likeliest($0.value) == scored[$0.key].label }.count
        if !byRow.isEmpty { figures["label_accuracy"] = Double(right) / Double(byRow.count) }
        figures["shots"] = Double(shots.count)
        return figures
    }

    /// The row as a conversation that begins with worked examples; only its own answer carries the loss.
    private static func withExamples(_ shots: [Row], _ content: RowContent) -> RowContent {
        if shots.isEmpty { return content }
        func turns(_ content: RowContent, trained: Bool) -> [Message] {
            switch content {
            case .completion(let prompt, let completion):
                return [
                    Message(role: "user", content: prompt, trained: false),
                    Message(role: "assistant", content: completion, trained: trained),
                ]
            case .chat(let messages, _):
                return messages.enumerated().map { index, message in
                    var message = message
                    message.trained = trained && index == messages.count - 1
                    return message
                }
            case .text, .preference: return []
            }
        }
        return .chat(
            messages: shots.flatMap { turns($0.content, trained: false) } + turns(content, trained: true), tools: nil)
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
