import Encoding
import Evaluation
import Foundation
import Generation
import Nouns
import Tensors
import Transformers
import WorkerProtocol

/// Scores one model on sets of rows: one record a row, and the figures of each set.
struct EvaluateRunner {
    let context: TaskContext

    func run(_ task: EvaluateTask) throws -> WorkerResult {
        context.events.stage("loading")
        let loaded = try LoadedModel(task.model, interruption: StopRequest.heed)
        context.events.stage("inspecting")
        let inspection = try ModelInspector.inspect(loaded, task.model, interruption: StopRequest.heed)
        let transformer = try Transformer(
            loaded.model, adapter: loaded.adapter, team: ThreadTeam(threads: context.threads))
        var result = WorkerResult()
        result.evaluations = [:]
        for set in task.sets {
            let evaluation = RowSetEvaluation(
                set: set, task: task, encoder: loaded.encoder, transformer: transformer, context: context)
            let (records, figures, seconds) = try evaluation.run()
            let name = set.name.rawValue.replacingOccurrences(of: "/", with: "_")
            let file = try ResultFile.writeLines(records, to: context.path("examples-\(name).jsonl"))
            result.evaluations?[set.name] = EvaluationResult(
                rows: records.count, figures: figures, examples: file, seconds: seconds, inspection: inspection)
        }
        return result
    }
}

/// The evaluation of one set.
struct RowSetEvaluation {
    let set: EvaluationSet
    let task: EvaluateTask
    let encoder: RowEncoder
    let transformer: Transformer
    let context: TaskContext

    /// A row that can be scored.
    private struct Item {
        let row: Row
        /// Empty where the row says what is asked and not what is wanted: then it is only answered.
        let sequence: TokenSequence
        let prompt: [Int32]?
    }

    /// Records in row order, figures and seconds.
    func run() throws -> (records: [ExampleRecord], figures: [MetricKey: Double], seconds: Double) {
        let started = ContinuousClock.now
        let rows = try RowReader.read(set.files, limit: set.limit ?? .max)
        let (items, skipped) = try encode(rows)
        context.events.stage("scoring \(set.name)")
        // Rows and labelled variants are scored together: they share their prompts, which are computed once.
        let variants = try labelVariants(items)
        let scorer = SequenceScorer(transformer, memoryBytes: context.memoryBytes / 2)
        let scores = try scorer.score(
            items.map(\.sequence) + variants.map(\.sequence),
            progress: { context.events.progress($0, of: items.count + variants.count, "sequences") },
            interruption: StopRequest.heed)
        var records = zip(items, scores).map { item, score in
            ExampleRecord(
                row: item.row.id, set: set.name, lossSum: score.lossSum, tokens: score.tokens,
                correctTokens: score.correct,
                bytes: RowEncoder.labelledBytes(item.row.content), promptTokens: item.prompt?.count ?? 0,
                prompt: String(RowEncoder.question(item.row.content).prefix(400)),
                reference: RowEncoder.reference(item.row.content), label: item.row.label, fields: item.row.fields,
                drop: item.row.drop)
        }
        for (variant, score) in zip(variants, scores[items.count...]) {
            records[variant.item].labelScores = records[variant.item].labelScores ?? [:]
            records[variant.item].labelScores?[variant.label] = -score.lossSum
        }
        try answer(items, &records)
        var figures = ExampleFigures.of(records)
        figures[.rowsSkipped] = Double(skipped)
        let seconds = started.duration(to: .now) / .seconds(1)
        return (records, figures, seconds)
    }

    private func encode(_ rows: [Row]) throws -> (items: [Item], skipped: Int) {
        var items: [Item] = []
        var skipped = 0
        for row in rows {
            try StopRequest.heed()
            do {
                let prompt = try encoder.prompt(row.content)
                let isOpen = RowEncoder.reference(row.content).isEmpty && prompt != nil
                let sequence =
                    isOpen
                    ? TokenSequence(ids: [], weights: [])
                    : try encoder.example(row.content, maximumLength: task.maxLength).sequence
                items.append(Item(row: row, sequence: sequence, prompt: prompt))
            } catch {
                skipped += 1
                guard skipped <= 10 else { continue }
                var failure = WorkerFault(error).failure
                failure.place = "\(set.name) row \(row.id), drop \(row.drop), line \(row.line)"
                context.events.warn(failure)
            }
        }
        return (items, skipped)
    }

    /// Each labelled row with each class's text as its answer.
    private func labelVariants(_ items: [Item]) throws -> [(item: Int, label: String, sequence: TokenSequence)] {
        // Where no answers are asked for, only the loss is.
        guard let labels = task.labels, labels.count > 1, set.maxNewTokens != 0 else { return [] }
        var variants: [(item: Int, label: String, sequence: TokenSequence)] = []
        for (index, item) in items.enumerated() where item.row.label != nil {
            try StopRequest.heed()
            for label in labels {
                guard let content = RowEncoder.replacingAnswer(item.row.content, by: label),
                    let example = try? encoder.example(content, maximumLength: task.maxLength)
                else { continue }
                variants.append((index, label, example.sequence))
            }
        }
        return variants
    }

    /// Greedy answers.
    private func answer(_ items: [Item], _ records: inout [ExampleRecord]) throws {
        let asked = items.indices.filter { items[$0].prompt != nil }
        let longest = set.maxNewTokens ?? task.maxNewTokens
        guard longest > 0, !asked.isEmpty else { return }
        context.events.stage("generating \(set.name)")
        let generator = Generator(transformer, memoryBytes: context.memoryBytes / 2)
        let options = GenerationOptions(maxNewTokens: longest, stopTokens: Set(encoder.encoder.stopTokens()))
        var done = 0
        let answers = try generator.generate(
            asked.map { items[$0].prompt ?? [] }, options,
            finished: { _, _ in
                done += 1
                if done % 16 == 0 || done == asked.count { context.events.progress(done, of: asked.count, "answers") }
            }, interruption: StopRequest.heed)
        for (index, answer) in zip(asked, answers) {
            records[index].output = encoder.tokenizer.decode(answer.ids)
            records[index].finish = answer.finish.rawValue
            records[index].outputTokens = answer.ids.count
        }
    }
}
