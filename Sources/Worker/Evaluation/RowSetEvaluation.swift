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
        /// Several where each trained turn is scored by itself; one empty one where the row says what is asked and not
        /// what is wanted: then it is only answered.
        let sequences: [TokenSequence]
        /// The row with its rejected answer, where it has one.
        let rejected: TokenSequence?
        /// The wanted answer as text.
        let reference: String
        let prompt: [Int32]?
    }

    /// Records in row order, figures and seconds.
    package func run() throws -> (records: [ExampleRecord], figures: [MetricKey: Double], seconds: Double) {
        let started = ContinuousClock.now
        let rows = try RowReader.read(set.files, limit: set.limit ?? .max, interruption: observer.interruption)
        let (items, skipped) = try encode(rows)
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
        var records = items.map { item in
            let parts = scores[first..<first + item.sequences.count]
            first += item.sequences.count
            return ExampleRecord(
                row: item.row.id, set: set.name, lossSum: parts.reduce(0) { $0 + $1.lossSum },
                tokens: parts.reduce(0) { $0 + $1.tokens }, correctTokens: parts.reduce(0) { $0 + $1.correct },
                bytes: RowEncoder.labelledBytes(item.row.content), promptTokens: item.prompt?.count ?? 0,
                prompt: String(RowEncoder.question(item.row.content).prefix(400)),
                reference: item.reference, label: item.row.label, fields: item.row.fields,
                drop: item.row.drop)
        }
        for (variant, score) in zip(variants, scores[own...]) {
            records[variant.item].labelScores = records[variant.item].labelScores ?? [:]
            records[variant.item].labelScores?[variant.label] = -score.lossSum
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

    /// How long an answer may be where nothing says so: it has room to be wrong, and ends some time.
    private static func limit(_ item: Item) -> Int {
        let wanted = item.sequences.last?.weights.reduce(0) { $1 > 0 ? $0 + 1 : $0 } ?? 0
        return wanted == 0 ? 256 : 2 * wanted + 16
    }

    /// Greedy answers.
    private func answer(_ items: [Item], _ records: inout [ExampleRecord]) throws {
        let asked = items.indices.filter { items[$0].prompt != nil }
        let fixed = set.maxNewTokens ?? task.maxNewTokens
        guard fixed != 0, !asked.isEmpty else { return }
        let limits = asked.map { fixed ?? Self.limit(items[$0]) }
        observer.stage("generating \(set.name)")
        let generator = Generator(transformer, memoryBytes: memoryBytes)
        let options = GenerationOptions(
            maxNewTokens: limits.max() ?? 0, stopTokens: Set(encoder.encoder.stopTokens()))
        var done = 0
        let answers = try generator.generate(
            asked.map { items[$0].prompt ?? [] }, options, limits: limits,
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
