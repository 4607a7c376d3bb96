import Encoding
import ModelLoading
import Nouns
import Transformers

/// How well a model that was not trained for them does on rows: losses, and labels after worked examples.
package struct FewShotScore {
    private let encoder: RowEncoder
    private let transformer: Transformer
    private let memoryBytes: Int
    private let observer: WorkObserver

    /// - Parameter memoryBytes: what activations may take.
    package init(encoder: RowEncoder, transformer: Transformer, memoryBytes: Int, observer: WorkObserver) {
        self.encoder = encoder
        self.transformer = transformer
        self.memoryBytes = memoryBytes
        self.observer = observer
    }

    /// The figures of `rows` by themselves, and the accuracy of the likeliest of `labels` with `shots` in front.
    package func figures(of rows: ArraySlice<Row>, after shots: ArraySlice<Row>, labels: [String]?) throws
        -> [String: Double]
    {
        let rows = Array(rows)
        let length = transformer.model.configuration.context
        var plain: [(row: Row, sequence: TokenSequence)] = []
        for row in rows {
            try observer.interruption()
            if let example = try? encoder.example(row, maximumLength: length) {
                plain.append((row, example.sequence))
            }
        }
        let scorer = SequenceScorer(transformer, memoryBytes: memoryBytes)
        let scores = try scorer.score(
            plain.map(\.sequence), progress: { observer.progress($0, plain.count, "rows") },
            interruption: observer.interruption)
        let records = zip(plain, scores).map { item, score in
            ExampleRecord(
                row: item.row.id, set: SetName("score"), lossSum: score.lossSum, tokens: score.tokens,
                correctTokens: score.correct,
                bytes: RowEncoder.labelledBytes(item.row.content), promptTokens: 0, prompt: "", reference: "")
        }
        var figures: [String: Double] = [:]
        for (metric, value) in ExampleFigures.of(records) { figures[metric.rawValue] = value }
        figures[MetricKey.rowsSkipped.rawValue] = Double(rows.count - plain.count)
        guard let labels, labels.count > 1 else { return figures }
        figures["label_accuracy"] = try labelAccuracy(of: rows, after: shots, labels, scorer)
        figures["shots"] = Double(shots.count)
        return figures
    }

    /// The share of labelled rows whose likeliest label is theirs; nil where no row can be scored.
    private func labelAccuracy(
        of rows: [Row], after shots: ArraySlice<Row>, _ labels: [String], _ scorer: SequenceScorer
    ) throws -> Double? {
        let length = transformer.model.configuration.context
        var sequences: [TokenSequence] = []
        var owners: [(row: Int, label: String)] = []
        for (index, row) in rows.enumerated() where row.label != nil {
            try observer.interruption()
            for label in labels {
                guard let content = RowEncoder.replacingAnswer(row.content, by: label),
                    let example = try? encoder.example(Self.withExamples(shots, content), maximumLength: length)
                else { continue }
                sequences.append(example.sequence)
                owners.append((index, label))
            }
        }
        let labelScores = try scorer.score(sequences, interruption: observer.interruption)
        var byRow: [Int: [String: Double]] = [:]
        for (owner, score) in zip(owners, labelScores) { byRow[owner.row, default: [:]][owner.label] = -score.lossSum }
        let right = byRow.filter { ExampleFigures.likeliest($0.value) == rows[$0.key].label }.count
        return byRow.isEmpty ? nil : Double(right) / Double(byRow.count)
    }

    /// The row as a conversation that begins with worked examples; only its own answer carries the loss.
    private static func withExamples(_ shots: ArraySlice<Row>, _ content: RowContent) -> RowContent {
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
}
