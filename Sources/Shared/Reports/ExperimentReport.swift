import Foundation
import Nouns

/// The report of an experiment as one HTML page that needs nothing else: parallel coordinates, learning curves, every
/// trial.
package enum ExperimentReport {
    /// The whole page.
    package static func page(_ experiment: Experiment) -> String {
        let title = "Experiment \(experiment.id) of \(experiment.pipeline)"
        var body =
            "<header><h1>\(safe(title))</h1><p class='badge'>\(experiment.state.rawValue)</p><p>\(safe(experiment.conclusion ?? "Under way."))</p></header>"
        body += facts(experiment) + coordinates(experiment) + curves(experiment) + gaps(experiment) + trials(experiment)
        for (base, range) in experiment.ranges.sorted(by: { $0.key < $1.key }) {
            body += RangeTestReport.section(range, notes: ["learning_rate": "\(base): \(range.reason)"])
        }
        return """
            <!doctype html><html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(safe(title))</title><style>\(HTMLReport.style)</style></head><body><main>
            \(body)</main></body></html>

            """
    }

    private static func safe(_ text: String) -> String { SVGPlot.escaped(text) }

    private static func facts(_ experiment: Experiment) -> String {
        let settings = experiment.settings
        let facts: [(String, String?)] = [
            (
                "Strategy",
                settings.strategy == .halving
                    ? "asynchronous successive halving, 1 in \(settings.eta), \(experiment.rungs) rungs"
                    : settings.strategy.rawValue
            ),
            ("Searched", settings.search.map(\.name).joined(separator: ", ")), ("Base", experiment.base.rawValue),
            ("Mode", experiment.mode.rawValue),
            ("Data", "\(experiment.rows) training rows, snapshot \(experiment.snapshot)"),
            ("Spent", "\(experiment.trials.count) trials, \(experiment.tokens) tokens, \(Int(experiment.seconds)) s"),
            ("Winner's run", experiment.run?.rawValue), ("Asked for by", experiment.requestedBy),
            ("Began", experiment.createdAt.formatted(.iso8601)),
            (
                "Bases before training",
                experiment.recommendations.map {
                    $0.map { "\($0.rank.map { "\($0). " } ?? "")\($0.base): \($0.reasons.joined(separator: "; "))" }
                        .joined(separator: " | ")
                }
            ),
        ]
        return "<dl>" + facts.map { name, value in value.map { "<dt>\(name)</dt><dd>\(safe($0))</dd>" } ?? "" }.joined()
            + "</dl>"
    }

    /// One line a trial over one axis a dimension; the better a trial, the darker its line.
    private static func coordinates(_ experiment: Experiment) -> String {
        let trials = ExperimentTable.ranked(experiment).filter { !$0.losses.isEmpty }
        guard trials.count > 1 else { return "" }
        let axes = ParallelAxes(experiment)
        let names = axes.names + [ExperimentTable.unit(experiment)]
        let (width, height, top, bottom, side) = (860.0, 300.0, 34.0, 26.0, 60.0)
        func x(_ index: Int) -> Double {
            names.count == 1 ? width / 2 : side + Double(index) / Double(names.count - 1) * (width - 2 * side)
        }
        func y(_ place: Double) -> Double { height - bottom - place * (height - top - bottom) }
        var svg =
            "<svg viewBox='0 0 \(n(width)) \(n(height))' role='img' aria-label='Parallel coordinates of the trials'>"
        for (rank, trial) in trials.enumerated().reversed() {
            let points = names.enumerated().compactMap { index, name in
                axes.place(name, trial).map { "\(n(x(index))),\(n(y($0)))" }
            }
            let colour = experiment.winner == trial.number ? "#e65100" : "#1565c0"
            let strength = 1 - 0.8 * Double(rank) / Double(trials.count)
            svg +=
                """
                <polyline points='\(points.joined(separator: " "))' fill='none' stroke='\(colour)' \
                stroke-opacity='\(String(format: "%.2f", strength))' \
                stroke-width='\(rank == 0 ? "3" : "1.5")'><title>trial \(trial.number)</title></polyline>
                """
        }
        for (index, name) in names.enumerated() {
            let (low, high) = axes.ends(name)
            svg +=
                "<line x1='\(n(x(index)))' x2='\(n(x(index)))' y1='\(n(top))' y2='\(n(height - bottom))' class='axis'/>"
            svg += label(x(index), 12, name) + label(x(index), top - 6, high) + label(x(index), height - 8, low)
        }
        return
            """
            <section><h2>Trials by their values</h2><figure>\(svg)</svg><figcaption>One line a trial; the better, \
            the darker. Orange: the winner. Right: what it came to.</figcaption></figure></section>
            """
    }

    private static func curves(_ experiment: Experiment) -> String {
        let lines = ExperimentTable.ranked(experiment).filter { $0.curve.count > 1 }.prefix(8).enumerated().map {
            index, trial in
            SVGPlot.Line(
                name: "trial \(trial.number)", colour: colours[index % colours.count],
                points: trial.curve.map { (Double($0.step), $0.loss) }, dots: true)
        }
        guard !lines.isEmpty else { return "" }
        return lines.chunked(4).map {
            "<figure>\(SVGPlot.lines($0, x: "step", y: "validation, \(ExperimentTable.unit(experiment))"))</figure>"
        }.joined().wrapped("Learning curves of the best trials")
    }

    /// Training beside validation for the best trial: the gap that widens is overfitting.
    private static func gaps(_ experiment: Experiment) -> String {
        guard let best = ExperimentTable.ranked(experiment).first, best.curve.count > 1,
            best.trainLosses.count == best.curve.count
        else { return "" }
        let plot = SVGPlot.lines(
            [
                .init(
                    name: "training", colour: "#1565c0",
                    points: zip(best.curve, best.trainLosses).map { (Double($0.step), $1) }),
                .init(
                    name: "validation", colour: "#e65100", points: best.curve.map { (Double($0.step), $0.loss) },
                    dots: true),
            ], x: "step", y: ExperimentTable.unit(experiment))
        return
            "<figure>\(plot)<figcaption>\(safe(best.note ?? "The gap between training and validation does not widen."))</figcaption></figure>"
            .wrapped("Trial \(best.number): training and validation")
    }

    private static func trials(_ experiment: Experiment) -> String {
        let names = ExperimentTable.columns(experiment)
        var text = "<table><thead><tr><th>Trial</th>" + names.map { "<th class='n'>\(safe($0))</th>" }.joined()
        text +=
            (0..<experiment.rungs).map { "<th class='n'>rung \($0 + 1)</th>" }.joined()
            + "<th class='n'>training</th><th class='n'>tokens</th><th></th></tr></thead><tbody>"
        for trial in ExperimentTable.ranked(experiment) {
            text +=
                "<tr class='\(experiment.winner == trial.number ? "pass" : trial.fault != nil ? "fail" : "")'><td>\(trial.number)\(experiment.winner == trial.number ? " ★" : "")</td>"
            text += names.map { "<td class='n'>\(safe(ExperimentTable.value(trial.values[$0])))</td>" }.joined()
            text += (0..<experiment.rungs).map {
                "<td class='n'>\($0 < trial.losses.count ? String(format: "%.4f", trial.losses[$0]) : "")</td>"
            }.joined()
            text +=
                """
                <td class='n'>\(ReportNumber.text(trial.trainLoss))</td><td \
                class='n'>\(trial.tokens)</td><td>\(safe(trial.fault ?? trial.note ?? ""))</td></tr>
                """
        }
        return (text + "</tbody></table>").wrapped("Every trial")
    }

    private static let colours = [
        "#1565c0", "#e65100", "#2e7d32", "#6a1b9a", "#00838f", "#c62828", "#827717", "#4e342e",
    ]
    private static func n(_ value: Double) -> String { String(format: "%.1f", value) }
    private static func label(_ x: Double, _ y: Double, _ text: String) -> String {
        "<text x='\(n(x))' y='\(n(y))' text-anchor='middle'>\(safe(String(text.prefix(18))))</text>"
    }
}

extension String {
    fileprivate func wrapped(_ title: String) -> String {
        "<section><h2>\(SVGPlot.escaped(title))</h2>\(self)</section>"
    }
}

extension Array {
    fileprivate func chunked(_ size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min(count, $0 + size)]) }
    }
}
