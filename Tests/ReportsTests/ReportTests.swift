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
            rule: "accuracy better than <the base>", kind: .superiority, set: "gate", metric: "accuracy",
            outcome: .fail,
            candidate: 0.7, reference: 0.8, difference: -0.1, lowerBound: -0.2, upperBound: -0.01, confidence: 0.95,
            pValue: 0.98,
            rows: 60, rowsNeeded: 300, explanation: "It is worse.")
        let wide = GateResult(
            rule: "loss not worse than the base by more than 0.02", kind: .nonInferiority, set: "gate",
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
        run.verdict?.yardstick = [
            YardstickFinding(
                alternative: .linear, accuracy: 0.75, rows: 60, learnt: 400,
                candidate: .init(difference: -0.05, lower: -0.13, upper: 0.04),
                base: .init(difference: 0.05, lower: -0.03, upper: 0.12))
        ]
        let steps = (1...40).map { step in
            StepReport(
                step: step, steps: 40, epoch: Double(step) / 20, loss: 2 / Double(step) + 0.4, gradientNorm: 1,
                learningRate: 5e-4,
                tokens: 100, labelTokens: 10, tokensPerSecond: 1_000, memoryBytes: 1)
        }
        let record = ExampleRecord(
            row: "x", set: "gate", lossSum: 3, tokens: 2, correctTokens: 0, bytes: 4, promptTokens: 9,
            prompt: "</td><script>alert(1)</script>", reference: "a & b", output: "b\u{0}")
        var data = ReportData(
            run: run, steps: steps,
            validations: [
                ValidationReport(step: 20, loss: 0.6, tokenAccuracy: 0.8, best: true),
                ValidationReport(step: 40, loss: 0.7, tokenAccuracy: 0.8, best: false),
            ],
            regressions: [ExampleComparison(candidate: record)])
        var answers = DropAnswers(version: "v-0", at: now, metric: .accuracy, asked: 50, right: 41, known: 38)
        answers.loss = 0.31
        data.newRows = [AnsweredDrop(drop: "d-1", answers: answers)]
        var figure = NewRowsFigure(drops: 3, asked: 212, right: 172)
        (figure.lower, figure.upper) = (0.754, 0.858)
        data.sinceChosen = ["v-0": figure]
        return data
    }

    @Test func whereTheBaseWasFetchedFromIsSaid() {
        var data = Self.data()
        #expect(!RunDocument.report(data).text().contains("fetched from"))
        data.baseSource = BaseSource(
            place: "hf:ann/tiny", repository: "ann/tiny", commit: "c1",
            files: [.init(path: "m.safetensors", bytes: 1, sha256: "5a"), .init(path: "config.json", bytes: 1)])
        let text = RunDocument.report(data).text()
        #expect(text.contains("ann/tiny @ c1") && text.contains("SHA-256 5a") && !text.contains("config.json"))
    }

    @Test func thePageIsWholeAndHoldsNoForeignMarkup() throws {
        let page = RunDocument.report(Self.data()).page()
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;") && !page.contains("\u{0}"))
        #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("src="))
        #expect(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;\""))
        for part in ["<svg", "Confusion", "more data", "training loss", "validation loss", "Right before, wrong now"] {
            #expect(page.contains(part), "\(part)")
        }
        for tag in ["table", "section", "tr", "td", "svg", "figure", "dl", "ul", "details", "main"] {
            let opened = page.matches(of: try Regex("<\(tag)[ >]")).count
            #expect(opened > 0 && opened == page.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
        }
        if let file = ProcessInfo.processInfo.environment["FINETUNED_REPORT_PAGE"] {
            try page.write(toFile: file, atomically: true, encoding: .utf8)
        }
    }

    /// A run of pairs: their curves, and how long its answers are and how much they repeat beside those before.
    @Test func aRunOfPairsSaysWhatPairsShow() throws {
        var data = Self.data()
        data.steps = data.steps.map { step in
            var step = step
            let gain = Double(step.step) / 40
            step.preference = PreferenceReport(
                pairs: 8, loss: 0.69 - gain / 2, chosenReward: gain, rejectedReward: -gain, accuracy: 0.5 + gain / 2,
                chosenLogProbability: -40 + gain, rejectedLogProbability: -50 - gain, error: 0.5 - gain / 4)
            return step
        }
        data.run.verdict?.baseline = "v-1"
        data.run.verdict?.figures = [
            .candidate: ["gate": ["preference_accuracy": 0.9, "output_tokens": 60, "repetition": 0.08]],
            .served: ["gate": ["preference_accuracy": 0.6, "output_tokens": 48, "repetition": 0.02]],
        ]
        let text = Quantity.$zone.withValue(.gmt) { RunDocument.report(data).text() }
        for part in [
            "Pairs at the last step: loss 0.19", "margin 2, accuracy 1", "log-probabilities -39 and -51",
            "Its answers have 60 tokens on average, after 48 (+25 %).", "0.08, after 0.02",
        ] {
            let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains(part), "\(part)")
        }
        let page = RunDocument.report(data).page()
        #expect(page.contains("preference accuracy") && page.contains("log-probability"))
        #expect(!RunDocument.report(Self.data()).text().contains("Answers beside those before"))
    }

    /// One document is printed both ways; the texts in Golden say how.
    @Test func theReportReadsAsItsGoldenTexts() throws {
        let golden = Golden("ReportsTests/Golden")
        let document = RunDocument.report(Self.data())
        let (text, narrow, page) = Quantity.$zone.withValue(.gmt) {
            (document.text(), document.text(width: 60), document.page())
        }
        for (name, input, output) in [
            ("run-text", "the report of a run as text", text),
            ("run-narrow", "the report of a run on a terminal of 60 columns", narrow),
            ("run-page", "the report of a run as a page", page.replacing("><", with: ">\n<")),
        ] {
            let difference = try golden.difference(name, input: input, output: output)
            #expect(difference == nil, "\(difference ?? "")")
        }
    }

    @Test func aRunThatIsNotJudgedSaysSo() {
        var run = Self.data().run
        run.verdict = nil
        #expect(RunDocument.judgement(run).text() == "Run r-1 of sections: rejected\nIt has not been judged yet.")
    }

    @Test func theJSONReportReadsBack() throws {
        let data = Self.data()
        #expect(try ContractCoding.decode(ReportData.self, from: data.json()) == data)
    }

    @Test func plotsOfNothingAreLeftOut() {
        let nothing: [Plot] = [
            .lines([], x: "x", y: "y"), .lines([Plot.Line("a", [(1, .nan)])], x: "x", y: "y"), .intervals([]),
            .coordinates([], []),
        ]
        for plot in nothing {
            #expect(SVGPlot.markup(plot) == nil)
            #expect(Document([.plot(plot, caption: "seen")]).text().isEmpty)
        }
        #expect(SVGPlot.markup(.lines([Plot.Line("a", [(1, 1)])], x: "x", y: "y")) != nil)
        // What lies too far apart for a number stays inside the plot.
        let wide = Plot.lines([Plot.Line("a", [(-1e308, -1e308), (1e308, 1e308)])], x: "x", y: "y")
        #expect(!Document([.plot(wide)]).text().isEmpty)
    }

    @Test func everyMetricHasAnAxisOfItsOwn() throws {
        let page = RunDocument.report(Self.data()).page()
        let axes = page.matches(of: #/<p class="axis">([^<]+)</#).map { String($0.1) }
        #expect(axes == ["accuracy", "loss"])
        // Both intervals take most of the width, though their differences are of different sizes.
        let widths = page.matches(of: #/class="bar [a-z]+" style="left:[0-9.]+%;width:([0-9.]+)%"/#)
            .compactMap { Double($0.1) }
        #expect(widths.count == 2 && widths.allSatisfy { $0 > 25 }, "\(widths)")
    }

    /// What is wrong about an answer is seen, however long it is.
    @Test func whereAnAnswerPartsFromWhatWasWantedIsShown() {
        let start = String(repeating: "x", count: 1_000)
        let pair = AnswerDifference(wanted: start + "42}", candidate: start + "24}", baseline: nil)
        #expect(pair.wanted.hasSuffix("xx▸42}") && pair.candidate.hasSuffix("xx▸24}") && pair.baseline == "–")
        #expect(pair.wanted.hasPrefix("…") && pair.wanted.count < 310)
        let same = AnswerDifference(wanted: "yes", candidate: "yes", baseline: "yes, it is")
        #expect(same.wanted == "yes" && same.candidate == "yes" && same.baseline == "yes▸, it is")
        let other = AnswerDifference(wanted: "order", candidate: "refund", baseline: "a\nb")
        #expect(other.wanted == "order" && other.candidate == "refund" && other.baseline == "a ⏎ b")
        let cut = AnswerDifference(wanted: "{\"a\": 1}", candidate: "{\"a\":", baseline: nil)
        #expect(cut.candidate == "{\"a\":▸" && cut.wanted == "{\"a\":▸ 1}")
    }

    /// WCAG's contrast of every colour of words to its background, in both schemes.
    @Test func wordsStandOutInBothSchemes() throws {
        let sheet = "\(PageStyle.sheet)"
        let parts = sheet.split(separator: "@media(prefers-color-scheme:dark)", maxSplits: 1).map(String.init)
        #expect(parts.count == 2)
        for scheme in parts {
            let rule = try #require(scheme.split(separator: "}").first)
            var colours: [String: String] = [:]
            for match in rule.matches(of: #/--([a-z0-9-]+):(#[0-9a-f]{3,6})/#) {
                colours[String(match.1)] = String(match.2)
            }
            let back = try #require(colours["back"])
            for name in ["ink", "soft", "pass", "fail", "open"] {
                #expect(Self.contrast(try #require(colours[name]), back) >= 4.5, "\(name) on \(back)")
            }
            let on = try #require(colours["on"])
            for name in ["pass", "fail", "open", "badge"] {
                #expect(Self.contrast(on, try #require(colours[name])) >= 4.5, "\(on) on \(name)")
            }
            // Lines need less (1.4.11).
            for name in ["winner"] + (0..<6).map({ "line-\($0)" }) {
                #expect(Self.contrast(try #require(colours[name]), back) >= 3, "\(name) on \(back)")
            }
        }
    }

    private static func contrast(_ a: String, _ b: String) -> Double {
        func luminance(_ text: String) -> Double {
            var digits: [Double] = text.dropFirst().map { Double(Int(String($0), radix: 16) ?? 0) }
            if digits.count == 3 { digits = digits.flatMap { [$0, $0] } }
            let channels: [Double] = (0..<3).map { channel in
                let value: Double = (digits[2 * channel] * 16 + digits[2 * channel + 1]) / 255
                return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
            }
            return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
        }
        let (high, low) = (max(luminance(a), luminance(b)), min(luminance(a), luminance(b)))
        return (high + 0.05) / (low + 0.05)
    }
}
