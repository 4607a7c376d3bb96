import Foundation
import Nouns

/// What is to be said of a run that learnt from pairs of answers.
extension RunDocument {
    /// The curves of the pairs; nothing where there were none.
    static func preferences(_ steps: [StepReport]) -> [Block] {
        let points = steps.compactMap { step in step.preference.map { (Double(step.step), $0) } }
        guard let last = points.last?.1 else { return [] }
        func line(_ name: String, _ value: (PreferenceReport) -> Double) -> Plot.Line {
            Plot.Line(name, points.map { ($0.0, value($0.1)) })
        }
        return [
            .paragraph("Pairs at the last step: loss \(Quantity.number(last.loss)), \(last.summary)."),
            .plot(
                .lines(
                    [line("chosen", \.chosenReward), line("rejected", \.rejectedReward), line("margin", \.margin)],
                    x: "step", y: "reward")),
            .plot(.lines([line("", \.accuracy)], x: "step", y: "preference accuracy")),
            .plot(
                .lines(
                    [line("chosen", \.chosenLogProbability), line("rejected", \.rejectedLogProbability)], x: "step",
                    y: "log-probability")),
        ]
    }

    /// Lengths and repetition of the answers beside those of what the run was compared with: learning from pairs is
    /// known to lengthen answers and to make them repeat themselves.
    static func behaviour(_ verdict: Verdict) -> [Block] {
        let before: ModelRole = verdict.baseline == nil ? .base : .served
        guard let now = verdict.figures[.candidate]?[.gate], let then = verdict.figures[before]?[.gate],
            now[.preferenceAccuracy] != nil
        else { return [] }
        var sentences: [String] = []
        if let length = now[.outputTokens], let old = then[.outputTokens] {
            let change = old > 0 ? String(format: " (%+.0f %%)", (length / old - 1) * 100) : ""
            sentences.append(
                "Its answers have \(Quantity.number(length)) tokens on average, after \(Quantity.number(old))\(change)."
            )
        }
        if let repetition = now[.repetition], let old = then[.repetition] {
            sentences.append(
                """
                The share of their 4-grams that repeat is \(Quantity.number(repetition)), after \
                \(Quantity.number(old)).
                """)
        }
        guard !sentences.isEmpty else { return [] }
        sentences.append("A `[[gates.rule]]` on `output_tokens` or `repetition` bounds them.")
        return [.heading("Answers beside those before"), .paragraph(sentences.joined(separator: " "))]
    }
}
