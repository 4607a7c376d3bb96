import Foundation
import Nouns

/// What is to be said of an experiment: its trials as tables and plots, and what came of them.
package enum ExperimentDocument {
    /// The whole report, also while it goes on.
    package static func report(_ experiment: Experiment) -> Document {
        var document = Document(
            title: "Experiment \(experiment.id) of \(experiment.pipeline)", badge: .init(experiment.state.rawValue))
        document.blocks = [.paragraph(experiment.conclusion ?? "Under way."), .paragraph(now(experiment))]
        if let run = experiment.run {
            document.blocks.append(
                .paragraph("Only the winner is evaluated on the gate rows, one time, as \(run): ftctl report \(run)"))
        }
        document.blocks += bases(experiment) + [.heading("Trials"), trials(experiment)]
        document.blocks += plots(experiment)
        for (base, range) in experiment.ranges.sorted(by: { $0.key < $1.key }) {
            document.blocks += RangeTestDocument.blocks(range, notes: ["learning_rate": "\(base): \(range.reason)"])
        }
        return Document(
            title: document.title, badge: document.badge,
            document.blocks + adoption(experiment) + [.heading("The experiment"), .facts(facts(experiment))])
    }

    /// One line on how far it is.
    package static func line(_ experiment: Experiment) -> String {
        let best = ExperimentTable.ranked(experiment).first { !$0.losses.isEmpty }
        return "\(experiment.id): \(Quantity.counted(experiment.trials.count, "trial")), "
            + Quantity.counted(experiment.trials.reduce(0) { $0 + $1.losses.count }, "rung")
            + (best.map { ", best trial \($0.number) at \(Quantity.number($0.losses.last))" } ?? "")
    }

    // MARK: - Parts

    private static func now(_ experiment: Experiment) -> String {
        guard let live = experiment.live else {
            return experiment.state == .running ? "It waits: runs go before trials." : ""
        }
        let step =
            live.step.map {
                """
                step \($0.step) of \($0.steps), loss \(Quantity.number($0.loss)), \
                \(Quantity.number($0.tokensPerSecond)) tokens/s
                """
            } ?? live.stage ?? "starting"
        return "Trial \(live.trial) is on its way to rung \(live.rung + 1): \(step)"
    }

    private static func facts(_ experiment: Experiment) -> [Fact] {
        let settings = experiment.settings
        return Fact.known([
            (
                "strategy",
                settings.strategy == .halving
                    ? "asynchronous successive halving, 1 in \(settings.eta), "
                        + Quantity.counted(experiment.rungs, "rung")
                    : settings.strategy.rawValue
            ),
            ("searched", settings.search.map(\.name).joined(separator: ", ")), ("base", experiment.base.rawValue),
            ("mode", experiment.mode.rawValue),
            ("data", "\(experiment.rows) training rows, snapshot \(experiment.snapshot)"),
            (
                "spent",
                "\(experiment.trials.count) of \(settings.trials) trials, \(experiment.tokens) tokens, "
                    + Quantity.duration(experiment.seconds)
            ),
            ("winner's run", experiment.run?.rawValue), ("requested by", experiment.requestedBy),
            ("began", Quantity.time(experiment.createdAt)), ("ended", experiment.finishedAt.map(Quantity.time)),
        ])
    }

    private static func bases(_ experiment: Experiment) -> [Block] {
        guard let ranked = experiment.recommendations else { return [] }
        return [
            .heading("Bases before training"),
            .table(
                Table(
                    [.number("#"), "BASE", .text("WHY")],
                    cells: ranked.map {
                        [
                            Cell($0.rank.map(String.init) ?? Quantity.none), Cell($0.base.rawValue),
                            Cell($0.reasons.joined(separator: "; ")),
                        ]
                    })),
        ]
    }

    /// One row a trial, the best first: its values, its loss at every rung, and what was said of it.
    private static func trials(_ experiment: Experiment) -> Block {
        let names = ExperimentTable.columns(experiment)
        var columns: [Column] = [.number("TRIAL")] + names.map { Column.number($0) }
        columns += (0..<experiment.rungs).map { Column.number("RUNG \($0 + 1)") }
        columns += [.number("TRAINING"), .number("TOKENS"), .number("SPENT"), .text("WHAT")]
        let rows = ExperimentTable.ranked(experiment).map { trial in
            var cells = [Cell(String(trial.number))] + names.map { Cell(ExperimentTable.value(trial.values[$0])) }
            cells += (0..<experiment.rungs).map { .number($0 < trial.losses.count ? trial.losses[$0] : nil) }
            cells += [
                .number(trial.trainLoss), .count(trial.tokens), Cell(Quantity.duration(trial.seconds)),
                Cell(what(trial, experiment)),
            ]
            return Table.Row(
                cells, mark: experiment.winner == trial.number ? .pass : trial.fault != nil ? .fail : .none)
        }
        return .table(Table(columns, rows))
    }

    private static func what(_ trial: Trial, _ experiment: Experiment) -> String {
        var said: [String] = []
        if experiment.winner == trial.number { said.append("★ the winner") }
        if trial.running != nil {
            let step = experiment.live.flatMap { $0.trial == trial.number ? $0.step : nil }
            said.append("▶ running" + (step.map { ", step \($0.step) of \($0.steps)" } ?? ""))
        }
        if let fault = trial.fault { said.append("✗ \(fault)") } else if let note = trial.note { said.append(note) }
        return said.joined(separator: "; ")
    }

    private static func plots(_ experiment: Experiment) -> [Block] {
        let ranked = ExperimentTable.ranked(experiment)
        let unit = ExperimentTable.unit(experiment)
        var blocks: [Block] = []
        let measured = ranked.filter { !$0.losses.isEmpty }
        if measured.count > 1 {
            let axes = ParallelAxes(experiment)
            let names = axes.names + [unit]
            let dimensions = names.map { name in
                let (low, high) = axes.ends(name)
                return Plot.Dimension(name, low: low, high: high)
            }
            let courses = measured.map { trial in
                Plot.Course(
                    "trial \(trial.number)", places: names.map { axes.place($0, trial) },
                    isWinner: experiment.winner == trial.number)
            }
            blocks += [.heading("Trials by their values"), .plot(.coordinates(dimensions, courses))]
        }
        let curves = ranked.filter { $0.curve.count > 1 }.prefix(4).map { trial in
            Plot.Line(
                "trial \(trial.number)", trial.curve.map { (Double($0.step), $0.loss) }, dots: true,
                isWinner: experiment.winner == trial.number)
        }
        if !curves.isEmpty {
            blocks += [
                .heading("Learning curves of the best trials"),
                .plot(.lines(Array(curves), x: "step", y: "validation, \(unit)")),
            ]
        }
        return blocks + gap(ranked.first, unit)
    }

    /// Training beside validation for the best trial: the gap that widens is overfitting.
    private static func gap(_ best: Trial?, _ unit: String) -> [Block] {
        guard let best, best.curve.count > 1, best.trainLosses.count == best.curve.count else { return [] }
        return [
            .heading("Trial \(best.number): training and validation"),
            .plot(
                .lines(
                    [
                        Plot.Line("training", zip(best.curve, best.trainLosses).map { (Double($0.step), $1) }),
                        Plot.Line("validation", best.curve.map { (Double($0.step), $0.loss) }, dots: true),
                    ], x: "step", y: unit),
                caption: best.note ?? "The gap between training and validation does not widen."),
        ]
    }

    private static func adoption(_ experiment: Experiment) -> [Block] {
        guard let winner = experiment.trials.first(where: { $0.number == experiment.winner }), winner.number != 0 else {
            return []
        }
        let values = winner.values.filter { $0.key != "base" && $0.key != "replay_share" }.sorted { $0.key < $1.key }
        return [
            .heading("The winner's recipe"),
            .paragraph(
                "To make it the pipeline's own, write it into its file, or set experiment.adopt = \"on_promotion\"."),
            .lines(["[recipe]"] + values.map { "\($0.key) = \(toml($0.value))" }),
        ]
    }

    private static func toml(_ value: JSONValue) -> String {
        if let text = value.stringValue { return "\"\(text)\"" }
        return ExperimentTable.value(value)
    }
}
