import Generation
import Nouns
import Transformers

/// Greedy answers: read from the scores of labels where that is allowed, or generated.
extension RowSetEvaluation {
    /// Whether the text of an item's answer is read by nobody.
    private func isCut(_ item: RowSetQuestions.Item) -> Bool { set.cutsAnswers == true && item.row.label != nil }

    /// For each item, what was scored of the sequences that go on from its prompt, where its answer may be read from
    /// them.
    ///
    /// - Parameter scores: one for each of the questions' sequences.
    private func foreseen(_ questions: RowSetQuestions, _ scores: [SequenceScore]) -> [[ForeseenAnswer.Scored]] {
        var foreseen = [[ForeseenAnswer.Scored]](repeating: [], count: questions.items.count)
        func add(_ index: Int, _ sequence: TokenSequence, _ score: SequenceScore) {
            let item = questions.items[index]
            guard isCut(item), let prompt = item.prompt,
                let scored = ForeseenAnswer.Scored(sequence, score, prompt: prompt)
            else { return }
            foreseen[index].append(scored)
        }
        var next = 0
        for (index, item) in questions.items.enumerated() {
            next += item.sequences.count
            if let last = item.sequences.last { add(index, last, scores[next - 1]) }
        }
        for (variant, score) in zip(questions.variants, scores[next...]) { add(variant.item, variant.sequence, score) }
        return foreseen
    }

    /// The texts that an item's answer is compared with.
    private func wanted(_ item: RowSetQuestions.Item) -> WantedTexts {
        WantedTexts((task.labels ?? []) + [item.row.label, item.reference].compactMap { $0 })
    }

    /// Writes the answers into the records.
    ///
    /// - Parameter scores: one for each of the questions' sequences.
    func answer(_ questions: RowSetQuestions, _ scores: [SequenceScore], _ records: inout [ExampleRecord]) throws {
        let foreseen = foreseen(questions, scores)
        let wanting = questions.prompts
        let stopTokens = Set(wanting.stops)
        var asked: [(item: Int, prompt: [Int32], limit: Int, wanted: WantedTexts?)] = []
        for (index, (prompt, limit)) in zip(questions.asked, zip(wanting.prompts, wanting.limits)) {
            let item = questions.items[index]
            let wanted = isCut(item) ? wanted(item) : nil
            let room = min(limit, transformer.model.configuration.context - prompt.count)
            if let wanted, let known = known(foreseen[index], wanted, stopTokens, room: room) {
                questions.write(known, to: &records[index])
            } else {
                asked.append((index, prompt, limit, wanted))
            }
        }
        guard !asked.isEmpty else { return }
        observer.stage("generating \(set.name)")
        let generator = Generator(transformer, memoryBytes: memoryBytes)
        let options = GenerationOptions(maxNewTokens: asked.map(\.limit).max() ?? 0, stopTokens: stopTokens)
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
        for (row, answer) in zip(asked, answers) { questions.write(answer, to: &records[row.item]) }
    }

    /// The answer as its labels' scores tell it; nil where they do not tell enough.
    private func known(
        _ foreseen: [ForeseenAnswer.Scored], _ wanted: WantedTexts, _ stopTokens: Set<Int32>, room: Int
    ) -> GeneratedTokens? {
        guard room > 0, !foreseen.isEmpty else { return nil }
        let answer = ForeseenAnswer(foreseen, stopTokens: stopTokens, room: room)
        if let finish = answer.finish { return GeneratedTokens(ids: answer.ids, finish: finish) }
        let isOver = !wanted.canBegin(with: encoder.tokenizer.decode(answer.ids))
        return isOver ? GeneratedTokens(ids: answer.ids, finish: .cut) : nil
    }
}
