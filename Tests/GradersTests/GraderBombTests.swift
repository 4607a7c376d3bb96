import Graders
import Nouns
import Testing

/// Graders that would take an hour, all memory or the whole stack are refused, or give no score.
struct GraderBombTests {
    private func similarity(_ metric: String, _ text: String = "{{item.text}}") -> JSONValue {
        [
            "type": "text_similarity", "name": "n", "evaluation_metric": .string(metric), "input": .string(text),
            "reference": "{{item.other}}",
        ]
    }

    private func multi(_ graders: [String: JSONValue], _ formula: String) -> JSONValue {
        ["type": "multi", "name": "m", "graders": .object(graders), "calculate_output": .string(formula)]
    }

    private func record(_ text: String, _ other: String) -> ExampleRecord {
        ExampleRecord(
            row: "r", set: .gate, lossSum: 0, tokens: 0, correctTokens: 0, bytes: 0, promptTokens: 0, prompt: "",
            reference: "", output: "", fields: ["text": .string(text), "other": .string(other)])
    }

    private func fault(_ value: JSONValue) -> Failure? {
        do {
            _ = try Grader(value)
            return nil
        } catch { return error as? Failure }
    }

    @Test(arguments: ["+1", "*1", "-1"]) func aFormulaWithoutEndIsRefused(term: String) throws {
        let formula = "a" + String(repeating: term, count: 500_000)
        let refusal = try #require(fault(multi(["a": similarity("bleu")], formula)))
        #expect(refusal.code == "grader.invalid" && refusal.place == "/calculate_output", "\(refusal)")
        // As long as one may be, and so as deep.
        let longest = "a" + String(repeating: term, count: GraderFormula.longest / 2 - 1)
        #expect(try Grader(multi(["a": similarity("bleu")], longest)).score(record("a", "a")) != nil)
    }

    @Test func thousandsOfGradersAreRefused() throws {
        let many = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("g\($0)", similarity("rouge_l")) })
        let refusal = try #require(fault(multi(many, "g0")))
        #expect(refusal.code == "grader.invalid" && refusal.place?.hasPrefix("/graders/g") == true, "\(refusal)")
    }

    /// As many as there may be, on texts as long as they may be, which have nothing and everything in common.
    @Test(arguments: ["fuzzy_match", "bleu", "gleu", "rouge_1", "rouge_5", "rouge_l"])
    func longTextsAreCompared(metric: String) throws {
        let graders = Dictionary(uniqueKeysWithValues: (0..<15).map { ("g\($0)", similarity(metric)) })
        let words = (0..<(GraderTemplate.longest / 8)).map { "w" + String(1_000_000 + $0 % 4_000_000).suffix(6) }
        let text = words.joined(separator: " ")
        let other = words.reversed().joined(separator: " ")
        let score = try Grader(multi(graders, "g0")).score(record(text, other))
        #expect(score.map { (0...1).contains($0) } == true)
    }

    @Test func aTextCannotBeMultiplied() throws {
        let text = String(repeating: "a", count: 1 << 20)
        let grader = try Grader(similarity("gleu", String(repeating: "{{item.text}}", count: 64)))
        #expect(grader.score(record(text, "a")) == nil)
        #expect(grader.lack(record(text, "a")) == .length)
    }
}
