import Encoding
import Generation
import ModelLoading
import Nouns
import Transformers
import WorkerProtocol

/// What a model is asked about one set of rows, in tokens, and what its losses and answers come to: whoever computes
/// them, the records are made here.
package struct RowSetQuestions {
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
    }

    /// A labelled row with the text of a class as its answer.
    struct Variant {
        let item: Int
        let label: String
        let sequence: TokenSequence
    }

    let set: EvaluationSet
    let encoder: RowEncoder
    private(set) var items: [Item] = []
    private(set) var variants: [Variant] = []
    /// Records of rows that were scored before, each with its place among all.
    private var known: [(place: Int, record: ExampleRecord)] = []
    private var skipped: SkippedRows
    private let fixed: Int?

    /// Reads and encodes the rows; those that cannot be are left out with a warning each.
    ///
    /// - Parameter task: says which labels are scored, and how long answers may be.
    package init(set: EvaluationSet, task: EvaluateTask, encoder: RowEncoder, observer: WorkObserver) throws {
        self.set = set
        self.encoder = encoder
        skipped = SkippedRows(observer)
        fixed = set.maxNewTokens ?? task.maxNewTokens
        let scored = KnownRecords(set, observer)
        for row in try RowReader.read(set.files, limit: set.limit ?? .max, interruption: observer.interruption) {
            try observer.interruption()
            if let record = scored.record(of: row) {
                known.append((known.count + items.count, record))
                continue
            }
            do { items.append(try item(row, task)) } catch { skipped.add(row, of: set.name.rawValue, error) }
        }
        // Where no answers are asked for, only the loss is.
        guard let labels = task.labels, labels.count > 1, set.maxNewTokens != 0 else { return }
        for (index, item) in items.enumerated() where item.row.label != nil {
            try observer.interruption()
            for label in labels {
                guard let content = RowEncoder.replacingAnswer(item.row.content, by: label),
                    let example = try? encoder.example(content, maximumLength: task.maxLength)
                else { continue }
                variants.append(Variant(item: index, label: label, sequence: example.sequence))
            }
        }
    }

    private func item(_ row: Row, _ task: EvaluateTask) throws -> Item {
        let prompt = try encoder.prompt(row)
        let examples =
            RowEncoder.hasAnswer(row.content) || prompt == nil
            ? try encoder.examples(row, maximumLength: task.maxLength) : []
        let rejected = try encoder.rejected(row, maximumLength: task.maxLength)?.sequence
        return Item(
            row: row,
            sequences: examples.isEmpty ? [TokenSequence(ids: [], weights: [])] : examples.map(\.sequence),
            rejected: rejected, reference: reference(row.content, examples.last), prompt: prompt)
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

    // MARK: - What is asked

    /// Rows, labelled variants and rejected answers together: they share their prompts.
    package var sequences: [TokenSequence] {
        items.flatMap(\.sequences) + variants.map(\.sequence) + items.compactMap(\.rejected)
    }

    /// What is to be answered; no prompts where only losses are asked for.
    package var prompts: PromptFile.Prompts {
        let asked = asked
        return PromptFile.Prompts(
            prompts: asked.map { items[$0].prompt ?? [] }, limits: asked.map { fixed ?? Self.limit(items[$0]) },
            stops: encoder.encoder.stopTokens().sorted())
    }

    /// The same with answers no longer than a context of so many tokens has room for.
    package func prompts(within context: Int) -> PromptFile.Prompts {
        var asked = prompts
        asked.limits = zip(asked.prompts, asked.limits).map { max(0, min($1, context - $0.count)) }
        return asked
    }

    /// The items that are to be answered, one for each of the ``prompts``.
    var asked: [Int] { fixed == 0 ? [] : items.indices.filter { items[$0].prompt != nil } }

    /// How long an answer may be where nothing says so: it has room to be wrong, and ends some time.
    private static func limit(_ item: Item) -> Int {
        let wanted = item.sequences.last?.weights.reduce(0) { $1 > 0 ? $0 + 1 : $0 } ?? 0
        return wanted == 0 ? 256 : 2 * wanted + 16
    }

    // MARK: - What comes of it

    /// A record a row, in row order.
    ///
    /// - Parameter scores: one for each of ``sequences``.
    package func records(_ scores: [SequenceScore]) -> [ExampleRecord] {
        let own = items.reduce(0) { $0 + $1.sequences.count }
        var first = 0
        var records = items.map { item in
            let parts = scores[first..<first + item.sequences.count]
            first += item.sequences.count
            return record(of: item, parts)
        }
        for (variant, score) in zip(variants, scores[own...]) {
            records[variant.item].labelScores = records[variant.item].labelScores ?? [:]
            records[variant.item].labelScores?[variant.label] = -score.lossSum
        }
        let pairs = items.indices.filter { items[$0].rejected != nil }
        for (item, score) in zip(pairs, scores[(own + variants.count)...]) {
            records[item].rejectedLossSum = score.lossSum
            records[item].rejectedTokens = score.tokens
        }
        return records
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

    /// Notes the answers to ``prompts`` in the records.
    package func add(_ answers: [GeneratedTokens], to records: inout [ExampleRecord]) {
        for (index, answer) in zip(asked, answers) { write(answer, to: &records[index]) }
    }

    /// Notes an answer in its record; of one that was cut nobody knows how many tokens it would have had.
    func write(_ answer: GeneratedTokens, to record: inout ExampleRecord) {
        record.output = encoder.tokenizer.decode(answer.ids)
        record.finish = answer.finish.rawValue
        record.outputTokens = answer.finish == .cut ? nil : answer.ids.count
    }

    /// The records with those of rows that were scored before, in row order.
    package func whole(_ records: [ExampleRecord]) -> [ExampleRecord] {
        var (whole, rest) = ([ExampleRecord](), records[...])
        for (place, record) in known {
            let own = rest.prefix(place - whole.count)
            whole += own
            rest = rest.dropFirst(own.count)
            whole.append(record)
        }
        return whole + rest
    }

    /// The figures of the set, from all its records.
    package func figures(_ records: [ExampleRecord]) -> [MetricKey: Double] {
        var figures = ExampleFigures.of(records)
        figures[.rowsSkipped] = Double(skipped.count)
        return figures
    }
}
