import Encoding
import Generation
import ModelLoading
import Nouns
import Transformers
import WorkerProtocol

/// Scores a model on one set: a record a row, with losses, likeliest labels and greedy answers, and the figures.
package struct RowSetEvaluation {
    private let set: EvaluationSet
    private let task: EvaluateTask
    private let encoder: RowEncoder
    private let transformer: Transformer
    private let memoryBytes: Int
    private let observer: WorkObserver

    /// - Parameters:
    ///   - task: says which labels are scored, and how long answers may be.
    ///   - memoryBytes: what activations, keys and values may take.
    package init(
        set: EvaluationSet, task: EvaluateTask, encoder: RowEncoder, transformer: Transformer, memoryBytes: Int,
        observer: WorkObserver
    ) {
        self.set = set
        self.task = task
        self.encoder = encoder
        self.transformer = transformer
        self.memoryBytes = memoryBytes
        self.observer = observer
    }

    /// A row that can be scored.
    private struct Item {
        let row: Row
        /// Empty where the row says what is asked and not what is wanted: then it is only answered.
        let sequence: TokenSequence
        let prompt: [Int32]?
    }

    /// Records in row order, figures and seconds.
    package func run() throws -> (records: [ExampleRecord], figures: [MetricKey: Double], seconds: Double) {
        let started = ContinuousClock.now
        let rows = try RowReader.read(set.files, limit: set.limit ?? .max, interruption: observer.interruption)
        let (items, skipped) = try encode(rows)
        observer.stage("scoring \(set.name)")
        // Rows and labelled variants are scored together: they share their prompts, which are computed once.
        let variants = try labelVariants(items)
        let scorer = SequenceScorer(transformer, memoryBytes: memoryBytes)
        let scores = try scorer.score(
            items.map(\.sequence) + variants.map(\.sequence),
            progress: { observer.progress($0, items.count + variants.count, "sequences") },
            interruption: observer.interruption)
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
        var skipped = SkippedRows(observer)
        for row in rows {
            try observer.interruption()
            do {
                let prompt = try encoder.prompt(row.content)
                let isOpen = RowEncoder.reference(row.content).isEmpty && prompt != nil
                let sequence =
                    isOpen
                    ? TokenSequence(ids: [], weights: [])
                    : try encoder.example(row.content, maximumLength: task.maxLength).sequence
                items.append(Item(row: row, sequence: sequence, prompt: prompt))
            } catch {
                skipped.add(row, of: set.name.rawValue, error)
            }
        }
        return (items, skipped.count)
    }

    /// Each labelled row with each class's text as its answer.
    private func labelVariants(_ items: [Item]) throws -> [(item: Int, label: String, sequence: TokenSequence)] {
        // Where no answers are asked for, only the loss is.
        guard let labels = task.labels, labels.count > 1, set.maxNewTokens != 0 else { return [] }
        var variants: [(item: Int, label: String, sequence: TokenSequence)] = []
        for (index, item) in items.enumerated() where item.row.label != nil {
            try observer.interruption()
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
        observer.stage("generating \(set.name)")
        let generator = Generator(transformer, memoryBytes: memoryBytes)
        let options = GenerationOptions(maxNewTokens: longest, stopTokens: Set(encoder.encoder.stopTokens()))
        var done = 0
        let answers = try generator.generate(
            asked.map { items[$0].prompt ?? [] }, options,
            finished: { _, _ in
                done += 1
                if done % 16 == 0 || done == asked.count { observer.progress(done, asked.count, "answers") }
            }, interruption: observer.interruption)
        for (index, answer) in zip(asked, answers) {
            records[index].output = encoder.tokenizer.decode(answer.ids)
            records[index].finish = answer.finish.rawValue
            records[index].outputTokens = answer.ids.count
        }
    }
}
