import ControlProtocol
import Foundation
import Nouns

/// The report of a run as one HTML page that needs nothing else: style and plots are inside, and there is no script.
package enum HTMLReport {
    /// The whole page.
    package static func page(_ data: ReportData) -> String {
        let run = data.run
        var body = head(run)
        if let verdict = run.verdict {
            body += gates(verdict)
            body += figures(verdict)
            if let confusion = verdict.confusion { body += matrix(confusion) }
        }
        body += training(data)
        if let range = run.range { body += RangeTestReport.section(range, notes: run.notes) }
        for (title, rows) in [
            ("Right before, wrong now", data.regressions), ("Wrong before, right now", data.fixes),
            ("Highest loss", data.worst),
        ] where !rows.isEmpty { body += examples(title, rows) }
        return """
            <!doctype html><html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(safe(run.id.rawValue)) · \
            \(safe(run.pipeline.rawValue))</title><style>\(style)</style></head><body><main>
            \(body)</main></body></html>

            """
    }

    private static func safe(_ text: String) -> String { SVGPlot.escaped(text) }

    private static func head(_ run: Run) -> String {
        let outcome = run.verdict?.outcome.rawValue ?? run.state.rawValue
        var text = "<header><h1>Run \(safe(run.id.rawValue)) <small>of \(safe(run.pipeline.rawValue))</small></h1>"
        text += "<p class='badge \(safe(outcome))'>\(safe(outcome))</p>"
        text += "<p>\(safe(run.verdict?.summary ?? run.cause?.message ?? "Not judged yet."))</p></header><dl>"
        let facts: [(String, String?)] = [
            ("Base", run.base.rawValue), ("Mode", run.mode.rawValue), ("Parent", run.parent?.rawValue),
            ("Compared with", run.verdict.map { $0.baseline?.rawValue ?? "the base" }),
            ("Snapshot", run.snapshot.rawValue),
            ("Version", run.version?.rawValue), ("State", run.state.rawValue),
            (
                "Recipe",
                "\(run.recipe.method.rawValue), rank \(run.recipe.rank), learning rate "
                    + "\(run.recipe.learningRate.map { String(format: "%.3g", $0) } ?? "by range test"), "
                    + "\(ReportNumber.text(run.recipe.epochs)) epochs, seed \(run.recipe.seed)"
            ),
            (
                "Values found",
                run.notes.map { $0.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ") }
            ),
            ("Next", run.followUp),
            ("Judged", run.verdict.map { $0.judgedAt.formatted(.iso8601) }),
        ]
        for (name, value) in facts { if let value { text += "<dt>\(name)</dt><dd>\(safe(value))</dd>" } }
        return text + "</dl>"
    }

    private static func gates(_ verdict: Verdict) -> String {
        var text = "<section><h2>Gates</h2>"
        let bars = verdict.gates.compactMap { gate -> SVGPlot.Bar? in
            guard let value = gate.difference, let lower = gate.lowerBound, let upper = gate.upperBound else {
                return nil
            }
            return SVGPlot.Bar(
                name: gate.rule, value: value, lower: lower, upper: upper, threshold: -(gate.margin ?? 0),
                colour: colour(gate.outcome))
        }
        text +=
            """
            <figure>\(SVGPlot.intervals(bars))<figcaption>Difference to the reference with one-sided bounds; \
            right is better. 
            """
        text += "Dashed: what the lower bound must exceed.</figcaption></figure>"
        text +=
            """
            <table><thead><tr><th></th><th>Gate</th><th class='n'>Candidate</th><th class='n'>Reference</th><th \
            class='n'>Difference</th><th class='n'>At least</th>
            """
        text += "<th>p</th><th>Rows</th></tr></thead><tbody>"
        for gate in verdict.gates {
            text += "<tr class='\(gate.outcome.rawValue)'><td>\(gate.outcome.rawValue)</td><td>\(safe(gate.rule))"
            text += "<details><summary>in words</summary>\(safe(gate.explanation))</details></td>"
            for value in [gate.candidate, gate.reference] { text += number(ReportNumber.text(value)) }
            for value in [gate.difference, gate.lowerBound] { text += number(ReportNumber.signed(value)) }
            text += number(ReportNumber.text(gate.pValue))
            text += number(String(gate.rows) + (gate.rowsNeeded.map { " (needs \($0))" } ?? "")) + "</tr>"
        }
        text += "</tbody></table>"
        if !verdict.advice.isEmpty {
            text += "<h2>What to try</h2><ul>"
            for advice in verdict.advice {
                text +=
                    """
                    <li><b>\(safe(advice.action.replacingOccurrences(of: "_", with: " ")))</b>: \
                    \(safe(advice.reason))</li>
                    """
            }
            text += "</ul>"
        }
        return text + "</section>"
    }

    private static func figures(_ verdict: Verdict) -> String {
        var text = "<section><h2>Figures</h2>"
        for set in ReportSets.ordered(verdict) {
            let models = ModelRole.compared.filter { verdict.figures[$0]?[set] != nil }
            let keys = Set(models.flatMap { verdict.figures[$0]?[set].map { Array($0.keys) } ?? [] }).sorted()
            text +=
                "<table><thead><tr><th>\(safe(set.rawValue))</th>" + models.map { "<th class='n'>\($0)</th>" }.joined()
                + "</tr></thead><tbody>"
            for key in keys {
                text += "<tr><td>\(safe(key.rawValue))</td>"
                text += models.map { number(ReportNumber.text(verdict.figures[$0]?[set]?[key])) }.joined() + "</tr>"
            }
            text += "</tbody></table>"
        }
        return text + "</section>"
    }

    private static func matrix(_ confusion: [String: [String: Int]]) -> String {
        let truths = confusion.keys.sorted()
        let columns = truths + Set(confusion.values.flatMap(\.keys)).subtracting(truths).sorted()
        var text = "<section><h2>Confusion</h2><table class='matrix'><thead><tr><th>true \\ answered</th>"
        text += columns.map { "<th>\(safe($0))</th>" }.joined() + "<th>recall</th></tr></thead><tbody>"
        for truth in truths {
            let row = confusion[truth] ?? [:]
            let total = max(1, row.values.reduce(0, +))
            text += "<tr><th>\(safe(truth))</th>"
            for column in columns {
                let count = row[column] ?? 0
                let hue = column == truth ? "46,125,50" : "198,40,40"
                let shade = String(format: "%.2f", 0.75 * Double(count) / Double(total))
                text += "<td style='background:rgba(\(hue),\(shade))'>\(count)</td>"
            }
            text +=
                number(ReportNumber.text((Double(row[truth] ?? 0) / Double(total) * 1000).rounded() / 1000)) + "</tr>"
        }
        return text + "</tbody></table></section>"
    }

    private static func training(_ data: ReportData) -> String {
        var lines: [SVGPlot.Line] = []
        // A page stays small however long the training: at most a thousand points.
        let stride = max(1, data.steps.count / 1_000)
        let steps = data.steps.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
        if !steps.isEmpty {
            lines.append(
                .init(name: "training loss", colour: "#1565c0", points: steps.map { (Double($0.step), $0.loss) }))
        }
        if !data.validations.isEmpty {
            lines.append(
                .init(
                    name: "validation loss", colour: "#e65100",
                    points: data.validations.map { (Double($0.step), $0.loss) },
                    dots: true))
        }
        guard !lines.isEmpty else { return "" }
        var text = "<section><h2>Training</h2><figure>\(SVGPlot.lines(lines, x: "step", y: "loss"))</figure>"
        if !steps.isEmpty {
            let rate = SVGPlot.Line(
                name: "learning rate", colour: "#6a1b9a", points: steps.map { (Double($0.step), $0.learningRate) })
            let norm = SVGPlot.Line(
                name: "gradient norm", colour: "#00695c", points: steps.map { (Double($0.step), $0.gradientNorm) })
            text += "<figure>\(SVGPlot.lines([rate], x: "step", y: "learning rate"))</figure>"
            text += "<figure>\(SVGPlot.lines([norm], x: "step", y: "gradient norm"))</figure>"
        }
        return text + "</section>"
    }

    private static func examples(_ title: String, _ rows: [ExampleComparison]) -> String {
        var text = "<section><h2>\(safe(title))</h2><table><thead><tr><th>Prompt</th><th>Wanted</th><th>Candidate</th>"
        text += "<th>Before</th><th>Loss</th></tr></thead><tbody>"
        for row in rows {
            let record = row.candidate
            for (index, cell) in [record.prompt, record.reference, record.output ?? "–", row.served?.output ?? "–"]
                .enumerated()
            {
                text += index == 0 ? "<tr><td>" : "<td>"
                text += safe(String(cell.prefix(600))) + "</td>"
            }
            text += number(ReportNumber.text(record.lossSum / Double(max(1, record.tokens)))) + "</tr>"
        }
        return text + "</tbody></table></section>"
    }

    private static func number(_ text: String) -> String { "<td class='n'>\(safe(text))</td>" }

    private static func colour(_ outcome: Verdict.Outcome) -> String {
        switch outcome {
        case .pass: "#2e7d32"
        case .fail: "#c62828"
        case .inconclusive: "#b26a00"
        }
    }

    static let style = """
        :root{color-scheme:light dark}body{font:15px/1.5 \
        system-ui,sans-serif;margin:0}main{max-width:900px;margin:2em auto;padding:0 1em}
        h1 small{font-weight:400;opacity:.7}.badge{display:inline-block;padding:.1em \
        .8em;border-radius:1em;color:#fff;background:#546e7a}
        .badge.pass{background:#2e7d32}.badge.fail{background:#c62828}.badge.inconclusive{background:#b26a00}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em \
        1em}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
        table{border-collapse:collapse;width:100%;margin:1em 0}th,td{padding:.25em \
        .6em;text-align:left;border-bottom:1px solid #8884;vertical-align:top;overflow-wrap:anywhere}
        thead th,tr>td:first-child:not(:only-child){overflow-wrap:normal}thead \
        th{white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.matrix{width:auto}.matrix \
        \
        td{text-align:center}
        tr.pass>td:first-child{color:#2e7d32}tr.fail>td:first-child{color:#c62828}tr.inconclusive>td:first-child{color:#b26a00}
        svg{width:100%;height:auto}svg text{font:12px \
        system-ui,sans-serif;fill:currentColor}.grid{stroke:#8883}.axis{stroke:currentColor}
        .threshold{stroke:currentColor;stroke-dasharray:3 3}figure{margin:1em \
        0}figcaption{opacity:.7;font-size:.9em}summary{cursor:pointer;opacity:.7}
        """
}
