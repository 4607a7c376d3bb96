import ControlProtocol
import EvaluationMetrics
import Foundation
import Nouns

/// What is to be said of a run: the one rendering of a verdict, as text and as HTML.
package enum RunDocument {
    /// The whole report: the verdict, its gates and the figure that decides; then what is wrong, and the rest folded.
    package static func report(_ data: ReportData) -> Document {
        let run = data.run
        var document = judgement(run, decidedBy: run.verdict.map(primary).map { $0 + since(data) } ?? [])
        if let verdict = run.verdict {
            document.blocks += forgetting(verdict)
            if let confusion = verdict.confusion { document.blocks += folded(matrix(confusion)) }
            document.blocks += behaviour(verdict)
        }
        for (title, rows) in [("Wrong rows", data.wrong ?? []), ("Right before, wrong now", data.regressions)]
        where !rows.isEmpty { document.blocks += [.heading(title), examples(rows)] }
        if !data.fixes.isEmpty { document.blocks.append(.folded("Wrong before, right now", [examples(data.fixes)])) }
        if !data.worst.isEmpty { document.blocks.append(.folded("Highest loss", [examples(data.worst)])) }
        if let verdict = run.verdict {
            for set in Set(verdict.figures.values.flatMap(\.keys)).sorted() {
                document.blocks.append(.folded("All figures of the set \(set)", [figures(verdict, set)]))
            }
        }
        document.blocks += folded(newRows(data.newRows ?? []))
        if let feedback = data.feedback {
            document.blocks += [.heading("What people say of its answers"), .paragraph(feedback.sentence + ".")]
        }
        document.blocks += folded(training(data))
        if let range = run.range { document.blocks += folded(RangeTestDocument.blocks(range, notes: run.notes)) }
        let seed = run.verdict.map { "Bootstrap seed \($0.seed); the same scores give the same verdict." }
        document.blocks.append(
            .folded(
                "The run", [.facts(facts(run) + base(data.baseSource))] + (seed.map { [.paragraph($0)] } ?? [])))
        return document
    }

    /// What stands under a heading, folded.
    private static func folded(_ blocks: [Block]) -> [Block] {
        guard case .heading(let title)? = blocks.first else { return blocks }
        return [.folded(title, Array(blocks.dropFirst()))]
    }

    /// Every gate in words: what was asked, what was found, by which test, and what to try.
    ///
    /// - Parameter decidedBy: what is said of the figure that decides, right after the gates.
    package static func judgement(_ run: Run, decidedBy figure: [Block] = []) -> Document {
        var document = Document(title: "Run \(run.id) of \(run.pipeline)")
        guard let verdict = run.verdict else {
            document.badge = .init(run.state.rawValue)
            document.blocks = [.paragraph(run.cause?.description ?? "It has not been judged yet.")]
            return document
        }
        document.badge = .init(word(verdict.outcome), mark(verdict.outcome))
        document.blocks = [
            .paragraph(verdict.summary),
            .paragraph(
                verdict.baseline.map { "The baseline is \($0), which was served when it was judged." }
                    ?? "The baseline is the base \(run.base), since nothing was served yet."),
            .heading("Gates"), .findings(verdict.gates.map(finding)),
            .plot(.intervals(verdict.gates.compactMap(interval)), caption: Self.intervalCaption),
        ]
        document.blocks += figure + yardstick(verdict, run.yardstick)
        if !verdict.advice.isEmpty {
            document.blocks += [
                .heading("What to try"),
                .findings(
                    verdict.advice.map {
                        Finding(.advice, $0.action.replacingOccurrences(of: "_", with: " "), text: [$0.reason])
                    }),
            ]
        }
        if let next = run.verdict?.continuation {
            document.blocks.append(.paragraph("On validation rows: \(next.explanation)."))
        }
        if let followUp = run.followUp { document.blocks.append(.paragraph("Next: \(followUp)")) }
        return document
    }

    /// Where a base was fetched from, and the digests of its files.
    private static func base(_ source: BaseSource?) -> [Fact] {
        guard let source else { return [] }
        return [Fact("base fetched from", source.summary)]
            + source.files.compactMap { file in file.sha256.map { Fact(file.name, "SHA-256 \($0)") } }
    }

    /// What is known of a run besides its verdict.
    package static func facts(_ run: Run) -> [Fact] {
        let recipe = run.recipe
        let found = (run.notes ?? [:]).sorted { $0.key < $1.key }.map { ("\($0.key)", $0.value) as (String, String?) }
        let facts: [(String, String?)] = [
            ("state", run.stateInWords), ("cause", run.cause?.description), ("verdict", run.verdict?.summary),
            ("mode", run.mode.rawValue), ("base", run.base.rawValue), ("parent", run.parent?.rawValue ?? "the base"),
            ("snapshot", run.snapshot.rawValue),
            ("trained by", run.training?.engine?.summary ?? run.engine?.rawValue),
            ("judged by", run.settings.map { "the settings \($0), as they were when it was queued" }),
            ("version", run.version?.rawValue),
            ("requested by", run.requestedBy), ("created", Quantity.time(run.createdAt)),
            ("started", run.startedAt.map(Quantity.time)), ("finished", run.finishedAt.map(Quantity.time)),
            ("judged", run.verdict.map { Quantity.time($0.judgedAt) }),
            (
                "recipe",
                "\(recipe.method.rawValue), rank \(recipe.rank), alpha \(Quantity.number(recipe.alpha)), learning rate "
                    + "\(recipe.learningRate.map { Quantity.rate($0) } ?? "by range test"), "
                    + "\(Quantity.number(recipe.epochs)) \(recipe.epochs == 1 ? "epoch" : "epochs"), "
                    + "\(Quantity.counted(recipe.batchRows, "row")) a step, seed \(recipe.seed)"
            ),
            ("also", settings(of: recipe)),
        ]
        let after: [(String, String?)] = [
            ("trained", run.training.map(training)), ("tried after", run.origin.map { "\($0): \(run.step ?? "")" }),
            ("winner of", run.experiment?.rawValue),
            ("judged again", run.judgesAgain.map { "the model of \($0), without training" }),
            ("on validation rows", run.verdict?.continuation?.explanation), ("next", run.followUp),
        ]
        return Fact.known(facts + found + after)
    }

    /// Rows as the candidate and the baseline answered them.
    package static func examples(_ rows: [ExampleComparison]) -> Block {
        .findings(
            rows.map { pair in
                let record = pair.candidate
                let place = record.set == .gate ? "" : " of \(record.set)"
                let mark: Mark = pair.isRight.map { $0 ? .pass : .fail } ?? .none
                let answers = AnswerDifference(
                    wanted: record.reference, candidate: record.shownOutput, baseline: pair.served?.shownOutput)
                return Finding(
                    mark, "\(record.row)\(place), loss \(Quantity.number(record.meanLoss))",
                    text: [
                        "prompt:    \(short(record.prompt, 600))", "wanted:    \(answers.wanted)",
                        "candidate: \(answers.candidate)\(ending(record))",
                        "baseline:  \(answers.baseline)\(pair.served.map(ending) ?? "")",
                    ])
            })
    }

    /// How an answer ended, where that is not by itself.
    private static func ending(_ record: ExampleRecord) -> String {
        guard record.finish == "length" else { return "" }
        return record.outputTokens.map { " (cut after \($0) tokens)" } ?? " (cut)"
    }

    // MARK: - Parts

    private static let intervalCaption = """
        Difference to the baseline with one-sided bounds; right is better. Solid: no difference. Dashed: what the \
        lower bound must exceed.
        """

    private static func finding(_ gate: GateResult) -> Finding {
        let level = gate.confidence.map { " (\(Quantity.number($0 * 100)) %)" } ?? ""
        return Finding(
            mark(gate.outcome), gate.rule, text: [gate.explanation],
            figures: Fact.known([
                ("candidate", gate.candidate.map { Quantity.number($0) }),
                ("baseline", gate.reference.map { Quantity.number($0) }),
                ("difference", gate.difference.map { Quantity.signed($0) }),
                ("at least", gate.lowerBound.map { Quantity.signed($0) + level }),
                ("at most", gate.upperBound.map { Quantity.signed($0) }),
                ("p", gate.pValue.map { Quantity.chance($0) }),
                ("rows", gate.rows > 0 || gate.rowsNeeded != nil ? rows(gate) : nil),
            ]))
    }

    /// On how many rows; a gate that looks at weights alone has none.
    private static func rows(_ gate: GateResult) -> String {
        String(gate.rows) + (gate.rowsNeeded.map { " (needs \($0))" } ?? "")
    }

    private static func interval(_ gate: GateResult) -> Plot.Interval? {
        guard let value = gate.difference, let lower = gate.lowerBound, let upper = gate.upperBound else { return nil }
        return Plot.Interval(
            gate.rule, axis: gate.metric.rawValue, value: value, lower: lower, upper: upper,
            threshold: -(gate.margin ?? 0),
            mark: mark(gate.outcome))
    }

    private static func figures(_ verdict: Verdict, _ set: SetName) -> Block {
        let models = ModelRole.compared.filter { verdict.figures[$0]?[set] != nil }
        let names = Set(models.flatMap { verdict.figures[$0]?[set].map { Array($0.keys) } ?? [] }).sorted()
        return comparison(verdict, names.map { ($0, set) }, title: "METRIC") { key, _ in key.rawValue }
    }

    /// Figures in one order of columns: baseline, candidate, how it changed; the base last, where it is not the
    /// baseline.
    private static func comparison(
        _ verdict: Verdict, _ rows: [(MetricKey, SetName)], title: String, name: (MetricKey, SetName) -> String
    ) -> Block {
        let hasBase = verdict.baseline != nil && rows.contains { verdict.figures[.base]?[$0.1]?[$0.0] != nil }
        let columns: [Column] =
            [Column(title), .number("BASELINE"), .number("CANDIDATE"), Column("CHANGE")]
            + (hasBase ? [.number("BASE")] : [])
        return .table(
            Table(
                columns,
                cells: rows.map { key, set in
                    let before = verdict.figures[verdict.baselineRole]?[set]?[key]
                    let now = verdict.figures[.candidate]?[set]?[key]
                    return [Cell(name(key, set)), .number(before), .number(now), Cell(change(key, before, now))]
                        + (hasBase ? [.number(verdict.figures[.base]?[set]?[key])] : [])
                }))
    }

    /// A change with what it means: `+0.55, better`.
    private static func change(_ key: MetricKey, _ before: Double?, _ now: Double?) -> String {
        guard let before, let now, before.isFinite, now.isFinite else { return Quantity.none }
        let change = Quantity.signed(now - before)
        guard now != before, let direction = MetricRegistry.metric(key)?.direction, direction != .neutral else {
            return now == before ? "none" : change
        }
        return "\(change), \((now > before) == (direction == .higher) ? "better" : "worse")"
    }

    /// The figure that decides, on the gate rows.
    private static func primary(_ verdict: Verdict) -> [Block] {
        let claim = verdict.gates.first { [.superiority, .stream].contains($0.kind) && $0.slice == nil }?.metric
        let known = verdict.figures[.candidate]?[.gate] ?? [:]
        guard
            let key = claim.flatMap({ known[$0] == nil ? nil : $0 })
                ?? [.accuracy, .loss].first(where: { known[$0] != nil })
        else { return [] }
        return [
            .heading("What decides"), comparison(verdict, [(key, .gate)], title: "METRIC") { key, _ in key.rawValue },
        ]
    }

    /// What the base and earlier drops lost, also where no gate asks.
    private static func forgetting(_ verdict: Verdict) -> [Block] {
        let asked: [(MetricKey, SetName)] = [(.loss, .probe), (MetricKey("perplexity"), .probe), (.loss, .earlier)]
        let rows = asked.filter {
            verdict.figures[.candidate]?[$0.1]?[$0.0] != nil
                && verdict.figures[verdict.baselineRole]?[$0.1]?[$0.0] != nil
        }
        guard !rows.isEmpty else { return [] }
        return [
            .heading("Forgetting"),
            comparison(verdict, rows, title: "ON") { key, set in
                (set == .probe ? "what the base knew" : "rows of earlier drops") + ", \(key)"
            },
            .paragraph("A [[gates.rule]] on one of these sets holds a run to it."),
        ]
    }

    private static func matrix(_ confusion: [String: [String: Int]]) -> [Block] {
        let truths = confusion.keys.sorted()
        let answers = truths + Set(confusion.values.flatMap(\.keys)).subtracting(truths).sorted()
        let rows = truths.map { truth in
            let row = confusion[truth] ?? [:]
            let total = Double(max(1, row.values.reduce(0, +)))
            return [Cell(truth)]
                + answers.map { answer in
                    let count = row[answer] ?? 0
                    let share = Double(count) / total
                    return Cell(String(count), shade: answer == truth ? share : -share)
                } + [.number((Double(row[truth] ?? 0) / total * 1000).rounded() / 1000)]
        }
        return [
            .heading("Confusion"),
            .table(
                Table(["true \\ answered"] + answers.map { Column.number($0) } + [.number("recall")], cells: rows)),
        ]
    }

    private static func training(_ data: ReportData) -> [Block] {
        // A page stays small however long the training: at most a thousand points.
        let stride = max(1, data.steps.count / 1_000)
        let steps = data.steps.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
        func line(_ name: String, _ value: (StepReport) -> Double) -> Plot.Line {
            Plot.Line(name, steps.map { (Double($0.step), value($0)) })
        }
        let validations = Plot.Line(
            "validation loss", data.validations.map { (Double($0.step), $0.loss) }, dots: true)
        var blocks: [Block] = []
        if let training = data.run.training { blocks.append(.paragraph(self.training(training))) }
        if !steps.isEmpty || !data.validations.isEmpty {
            blocks.append(.plot(.lines([line("training loss", \.loss), validations], x: "step", y: "loss")))
        }
        if !steps.isEmpty {
            blocks += [
                .plot(.lines([line("", \.learningRate)], x: "step", y: "learning rate")),
                .plot(.lines([line("", \.gradientNorm)], x: "step", y: "gradient norm")),
            ]
        }
        blocks += preferences(steps)
        return blocks.isEmpty ? [] : [.heading("Training")] + blocks
    }

    /// Of a run that ended early also the steps that it would have had.
    private static func steps(_ training: TrainingResult) -> String {
        training.plannedSteps.map { "\(training.steps) of \($0) steps (nothing was left to gain)" }
            ?? Quantity.counted(training.steps, "step")
    }

    private static func training(_ training: TrainingResult) -> String {
        """
        \(steps(training)) in \(Quantity.duration(training.seconds)) (weights of step \(training.bestStep)), loss \
        \(Quantity.number(training.finalLoss)), validation \(Quantity.number(training.startValidationLoss)) → \
        \(Quantity.number(training.validationLoss)), \(Quantity.number(training.tokensPerSecond)) tokens/s, peak \
        \(Quantity.bytes(training.peakMemoryBytes))
        """
    }

    /// One line, so that a row's text cannot look like what is said of it.
    private static func short(_ text: String, _ length: Int) -> String {
        let line = text.replacing("\n", with: " ⏎ ")
        return line.count > length ? line.prefix(length - 1) + "…" : line
    }

    private static func mark(_ outcome: Verdict.Outcome) -> Mark {
        switch outcome {
        case .pass: .pass
        case .fail: .fail
        case .inconclusive: .inconclusive
        }
    }

    private static func word(_ outcome: Verdict.Outcome) -> String {
        switch outcome {
        case .pass: "passed"
        case .fail: "rejected"
        case .inconclusive: "undecided"
        }
    }
}

extension ExampleRecord {
    /// Nats a labelled token.
    fileprivate var meanLoss: Double { lossSum / Double(max(1, tokens)) }
}

extension Verdict {
    /// The model that the candidate was compared with.
    fileprivate var baselineRole: ModelRole { baseline == nil ? .base : .served }
}
