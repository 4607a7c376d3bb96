import ControlProtocol
import Foundation
import Nouns
import TestSupport
import Testing

@testable import Reports

@Suite struct ReportTests {
    static func data() -> ReportData {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        var run = Run(
            id: "r-1", pipeline: "sections", mode: .fromBase, state: .rejected, base: "smol", snapshot: "s",
            drops: ["d-1"],
            recipe: Recipe(), createdAt: now, requestedBy: "test")
        let gate = GateResult(
            rule: "accuracy better than <the base>", kind: "superiority", set: "gate", metric: "accuracy",
            outcome: .fail,
            candidate: 0.7, reference: 0.8, difference: -0.1, lowerBound: -0.2, upperBound: -0.01, confidence: 0.95,
            pValue: 0.98,
            rows: 60, rowsNeeded: 300, explanation: "It is worse.")
        let wide = GateResult(
            rule: "loss not worse than the base by more than 0.02", kind: "non_inferiority", set: "gate",
            metric: "loss",
            outcome: .pass, candidate: 0.4, reference: 0.9, difference: 0.5, lowerBound: 0.41, upperBound: 0.6,
            confidence: 0.95, margin: 0.02, pValue: 0.0001, rows: 60, explanation: "It is better.")
        run.verdict = Verdict(
            outcome: .fail, summary: "accuracy 0.8 → 0.7", gates: [gate, wide],
            advice: [Advice(action: "more_data", reason: "The class 'a' is weak.")],
            figures: [
                .candidate: ["gate": ["accuracy": 0.7, "loss": 0.4]],
                .base: ["gate": ["accuracy": 0.8, "loss": 0.9]],
            ],
            confusion: ["a": ["a": 20, "b": 9, "(other)": 1], "b": ["b": 28, "a": 2]], seed: 17, judgedAt: now)
        let steps = (1...40).map { step in
            StepReport(
                step: step, steps: 40, epoch: Double(step) / 20, loss: 2 / Double(step) + 0.4, gradientNorm: 1,
                learningRate: 5e-4,
                tokens: 100, labelTokens: 10, tokensPerSecond: 1_000, memoryBytes: 1)
        }
        let record = ExampleRecord(
            row: "x", set: "gate", lossSum: 3, tokens: 2, correctTokens: 0, bytes: 4, promptTokens: 9,
            prompt: "</td><script>alert(1)</script>", reference: "a & b", output: "b\u{0}")
        return ReportData(
            run: run, steps: steps,
            validations: [
                ValidationReport(step: 20, loss: 0.6, tokenAccuracy: 0.8, best: true),
                ValidationReport(step: 40, loss: 0.7, tokenAccuracy: 0.8, best: false),
            ],
            regressions: [ExampleComparison(candidate: record)])
    }

    @Test func thePageIsWholeAndHoldsNoForeignMarkup() throws {
        let page = HTMLReport.page(Self.data())
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;") && !page.contains("\u{0}"))
        #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("src="))
        for part in ["<svg", "Confusion", "more data", "training loss", "validation loss", "Right before, wrong now"] {
            #expect(page.contains(part), "\(part)")
        }
        for tag in ["table", "section", "tr", "td", "svg", "figure"] {
            let opened = page.components(separatedBy: "<\(tag)").count - page.components(separatedBy: "<\(tag)h").count
            let opens = page.matches(of: try Regex("<\(tag)[ >]")).count
            #expect(opens == page.components(separatedBy: "</\(tag)>").count - 1, "\(tag) \(opened)")
        }
        if let file = ProcessInfo.processInfo.environment["FINETUNED_REPORT_PAGE"] {
            try page.write(toFile: file, atomically: true, encoding: .utf8)
        }
    }

    @Test func everyGateIsExplainedInWords() {
        let text = TextReport.text(Self.data())
        for part in [
            "rejected", "✗ accuracy better", "✓ loss not worse", "What to try:", "more data", "true \\ answered",
            "seed 17",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        var run = Self.data().run
        run.verdict = nil
        #expect(TextReport.explain(run).contains("not been judged"))
    }

    @Test func theJSONReportReadsBack() throws {
        let data = Self.data()
        #expect(try ContractCoding.decode(ReportData.self, from: data.json()) == data)
    }

    @Test func plotsOfNothingAreEmpty() {
        #expect(
            SVGPlot.wrapped("loss not worse than the served model by more than 0.02", width: 44) == [
                "loss not worse than the served model by more", "than 0.02",
            ])
        #expect(SVGPlot.wrapped(String(repeating: "ab ", count: 80), width: 10) == ["ab ab ab", "ab ab ab …"])
        #expect(
            SVGPlot.wrapped(String(repeating: "x", count: 30), width: 10) == ["xxxxxxxxx…"]
                && SVGPlot.wrapped("", width: 10) == [""])
        #expect(SVGPlot.lines([], x: "x", y: "y").isEmpty && SVGPlot.intervals([]).isEmpty)
        #expect(SVGPlot.lines([.init(name: "a", colour: "red", points: [(1, .nan)])], x: "x", y: "y").isEmpty)
        #expect(SVGPlot.lines([.init(name: "a", colour: "red", points: [(1, 1)])], x: "x", y: "y").contains("polyline"))
    }
}
