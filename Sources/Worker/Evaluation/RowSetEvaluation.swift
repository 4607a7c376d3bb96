import Encoding
import Generation
import ModelLoading
import Nouns
import Transformers
import WorkerProtocol

/// Scores a model on one set: a record a row, with losses, likeliest labels and greedy answers, and the figures.
package struct RowSetEvaluation {
    let set: EvaluationSet
    let task: EvaluateTask
    let encoder: RowEncoder
    let transformer: Transformer
    let memoryBytes: Int
    let observer: WorkObserver

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
    struct Item {
        let row: Row
        /// Several where each trained turn is scored by itself; one empty one where the row says what is asked and not
        /// what is wanted: then it is only answered.
        let sequences: [TokenSequence]
        /// The row with its rejected answer, where it has one.
        let rejected: TokenSequence?
        /// The wanted answer as text.
        let reference: String
        let prompt: [Int32]?
        /// What was scored of the sequences that go on from the prompt, where the answer may be read from them.
        var foreseen: [ForeseenAnswer.Scored] = []
    }

    /// Records in row order, figures and seconds.
    package func run() throws -> (records: [ExampleRecord], figures: [MetricKey: Double], seconds: Double) {
        let started = ContinuousClock.now
        let rows = try RowReader.read(set.files, limit: set.limit ?? .max, interruption: observer.interruption)
        var (items, skipped) = try encode(rows)
        observer.stage("scoring \(set.name)")
        // Rows, labelled variants and rejected answers are scored together: they share their prompts, which are
        // computed once.
        let variants = try labelVariants(items)
        let own = items.reduce(0) { $0 + $1.sequences.count }
        let scorer = SequenceScorer(transformer, memoryBytes: memoryBytes)
        let pairs = items.indices.filter { items[$0].rejected != nil }
        let sequences = items.flatMap(\.sequences) + variants.map(\.sequence) + items.compactMap(\.rejected)
        let scores = try scorer.score(
            sequences, progress: { observer.progress($0, sequences.count, "sequences") },
            interruption: observer.interruption)
        var first = 0
        var records: [ExampleRecord] = []
        for index in items.indices {
            let parts = scores[first..<first + items[index].sequences.count]
            first += parts.count
            records.append(record(of: items[index], parts))
            if let last = parts.last { foresee(&items[index], items[index].sequences.last, last) }
        }
        for (variant, score) in zip(variants, scores[own...]) {
            records[variant.item].labelScores = records[variant.item].labelScores ?? [:]
            records[variant.item].labelScores?[variant.label] = -score.lossSum
            foresee(&items[variant.item], variant.sequence, score)
        }
        for (item, score) in zip(pairs, scores[(own + variants.count)...]) {
            records[item].rejectedLossSum = score.lossSum
            records[item].rejectedTokens = score.tokens
        }
        try answer(items, &records)
        var figures = ExampleFigures.of(records)
        figures[.rowsSkipped] = Double(skipped)
        let seconds = started.duration(to: .now) / .seconds(1)
        return (records, figures, seconds)
    }

    private func record(of item: Item, _ scores: ArraySlice<SequenceScore>) -> ExampleRecord {
        ExampleRecord(
            row: item.row.id, set: set.name, lossSum: scores.reduce(0) { $0 + $1.lossSum },
            tokens: scores.reduce(0) { $0 + $1.tokens }, correctTokens: scores.reduce(0) { $0 + $1.correct },
            bytes: RowEncoder.labelledBytes(item.row.content), promptTokens: item.prompt?.count ?? 0,
            prompt: String(RowEncoder.question(item.row.content).prefix(400)),
            reference: item.reference, label: item.row.label, fields: item.row.fields,
            drop: item.row.drop)
    }

    private func encode(_ rows: [Row]) throws -> (items: [Item], skipped: Int) {
        var items: [Item] = []
        var skipped = SkippedRows(observer)
        for row in rows {
            try observer.interruption()
            do {
                let prompt = try encoder.prompt(row)
                let examples =
                    RowEncoder.hasAnswer(row.content) || prompt == nil
                    ? try encoder.examples(row, maximumLength: task.maxLength) : []
                let rejected = try encoder.rejected(row, maximumLength: task.maxLength)?.sequence
                items.append(
                    Item(
                        row: row,
                        sequences: examples.isEmpty
                            ? [TokenSequence(ids: [], weights: [])] : examples.map(\.sequence),
                        rejected: rejected,
                        reference: reference(row.content, examples.last), prompt: prompt))
            } catch {
                skipped.add(row, of: set.name.rawValue, error)
            }
        }
        return (items, skipped.count)
    }

    /// The wanted answer as text; that of a turn which only calls tools is what the template writes of it.
    private func reference(_ content: RowContent, _ example: EncodedExample?) -> String {
        let text = RowEncoder.reference(content)
        guard text.isEmpty, let example, let end = example.labels.lastIndex(of: true) else { return text }
        let start = example.labels[..<end].lastIndex(of: false).map { $0 + 1 } ?? 0
        let ids = example.ids[start...end]
        let stops = encoder.encoder.stopTokens()
        return encoder.tokenizer.decode(Array(ids.prefix { !stops.contains($0) }))
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
}
