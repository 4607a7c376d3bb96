import Generation
import Nouns
import Transformers

/// Greedy answers: read from the scores of labels where that is allowed, or generated.
extension RowSetEvaluation {
    /// Whether the text of an item's answer is read by nobody.
    private func isCut(_ item: Item) -> Bool { set.cutsAnswers == true && item.row.label != nil }

    /// Keeps what was scored of a sequence that goes on from the item's prompt, for ``answer(_:_:)``.
    func foresee(_ item: inout Item, _ sequence: TokenSequence?, _ score: SequenceScore) {
        guard isCut(item), let prompt = item.prompt, let sequence,
            let scored = ForeseenAnswer.Scored(sequence, score, prompt: prompt)
        else { return }
        item.foreseen.append(scored)
    }

    /// How long an answer may be where nothing says so: it has room to be wrong, and ends some time.
    private static func limit(_ item: Item) -> Int {
        let wanted = item.sequences.last?.weights.reduce(0) { $1 > 0 ? $0 + 1 : $0 } ?? 0
        return wanted == 0 ? 256 : 2 * wanted + 16
    }

    /// The texts that an item's answer is compared with.
    private func wanted(_ item: Item, _ record: ExampleRecord) -> WantedTexts {
        WantedTexts((task.labels ?? []) + [item.row.label, record.reference].compactMap { $0 })
    }

    /// Writes the answers into the records.
    func answer(_ items: [Item], _ records: inout [ExampleRecord]) throws {
        let fixed = set.maxNewTokens ?? task.maxNewTokens
        guard fixed != 0, items.contains(where: { $0.prompt != nil }) else { return }
        let stopTokens = Set(encoder.encoder.stopTokens())
        var asked: [(item: Int, prompt: [Int32], limit: Int, wanted: WantedTexts?)] = []
        for (index, item) in items.enumerated() {
            guard let prompt = item.prompt else { continue }
            let limit = fixed ?? Self.limit(item)
            let wanted = isCut(item) ? wanted(item, records[index]) : nil
            if let wanted, let known = foreseen(item, wanted, stopTokens, limit: limit) {
                write(known, to: &records[index])
            } else {
                asked.append((index, prompt, limit, wanted))
            }
        }
        guard !asked.isEmpty else { return }
        observer.stage("generating \(set.name)")
        let generator = Generator(transformer, memoryBytes: memoryBytes)
        let options = GenerationOptions(
            maxNewTokens: asked.map(\.limit).max() ?? 0, stopTokens: stopTokens)
        var done = 0
        let answers = try generator.generate(
            asked.map(\.prompt), options, limits: asked.map(\.limit),
            isEnough: { index, ids in
                asked[index].wanted.map { !$0.canBegin(with: encoder.tokenizer.decode(ids)) } ?? false
            },
            finished: { _, _ in
                done += 1
                if done % 16 == 0 || done == asked.count { observer.progress(done, asked.count, "answers") }
            }, interruption: observer.interruption)
        for (row, answer) in zip(asked, answers) { write(answer, to: &records[row.item]) }
    }

    /// The answer as its labels' scores tell it; nil where they do not tell enough.
    private func foreseen(_ item: Item, _ wanted: WantedTexts, _ stopTokens: Set<Int32>, limit: Int)
        -> GeneratedTokens?
    {
        let room = min(limit, transformer.model.configuration.context - (item.prompt?.count ?? 0))
        guard room > 0, !item.foreseen.isEmpty else { return nil }
        let answer = ForeseenAnswer(item.foreseen, stopTokens: stopTokens, room: room)
        if let finish = answer.finish { return GeneratedTokens(ids: answer.ids, finish: finish) }
        let isOver = !wanted.canBegin(with: encoder.tokenizer.decode(answer.ids))
        return isOver ? GeneratedTokens(ids: answer.ids, finish: .cut) : nil
    }

    private func write(_ answer: GeneratedTokens, to record: inout ExampleRecord) {
        record.output = encoder.tokenizer.decode(answer.ids)
        record.finish = answer.finish.rawValue
        record.outputTokens = answer.finish == .cut ? nil : answer.ids.count
    }
}
