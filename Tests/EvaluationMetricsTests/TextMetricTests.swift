import Foundation
import TestSupport
import Testing

@testable import EvaluationMetrics

/// A fixture of tools/make-judge-fixtures.py.
func fixture<Value: Decodable>(_ name: String, _ type: Value.Type) throws -> Value {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
        type, from: Data(contentsOf: tests.appendingPathComponent("Fixtures/metrics/\(name)")))
}

func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * max(1, abs(a), abs(b)) }

@Suite struct TextMetricTests {
    struct Texts: Decodable {
        struct Row: Decodable {
            var hyp, ref: String
            var rouge, rouge_stem: [String: [Double]]
            var bleu, chrf, gleu: Double
            var tokens: [String]
        }
        var rows: [Row]
        var corpus_bleu, corpus_chrf: Double
    }
    let texts: Texts
    init() throws { texts = try fixture("texts.json", Texts.self) }

    @Test func stemsEqualNLTK() throws {
        for (word, stem) in try fixture("stems.json", [String: String].self) {
            #expect(PorterStemmer.stem(word) == stem, "\(word)")
        }
    }

    @Test func rougeEqualsRougeScore() {
        for row in texts.rows where !(row.hyp + row.ref).unicodeScalars.contains(where: { $0.value > 0x2FF }) {
            for (stemmed, expected) in [(false, row.rouge), (true, row.rouge_stem)] {
                for (key, values) in expected {
                    let score =
                        key == "rougeL"
                        ? Rouge.l(answer: row.hyp, reference: row.ref, stemmed: stemmed)
                        : Rouge.n(Int(key.dropFirst(5)) ?? 0, answer: row.hyp, reference: row.ref, stemmed: stemmed)
                    #expect(
                        near(score.precision, values[0]) && near(score.recall, values[1]) && near(score.f1, values[2]),
                        "\(key) stemmed \(stemmed): \(row.hyp)")
                }
            }
        }
    }

    /// Rouge-score sees nothing of other scripts; a right answer in one is right here.
    @Test(arguments: [
        ("駐車場は裏です", "駐車場は裏です", 1.0), ("駐車場は表です", "駐車場は裏です", 6.0 / 7), ("Привет, мир", "мир, привет!", 0.5),
        ("สวัสดี", "สวัสดี", 1.0), ("B1です", "B2です", 2.0 / 3), ("안녕 세상", "안녕 모두", 0.5),
    ])
    func rougeOfOtherScripts(answer: String, reference: String, wanted: Double) {
        #expect(near(Rouge.l(answer: answer, reference: reference).f1, wanted))
    }

    @Test func exactMeansTheSameScalars() {
        #expect(TextMatch.exact(answer: " \u{E9}\n", reference: "\u{E9}"))
        #expect(!TextMatch.exact(answer: "\u{E9}", reference: "e\u{301}"))
    }

    @Test func answersThatWereCutAreCounted() {
        let rows = [true, false, false, true].map { MetricInput(output: "x", isCut: $0) }
        #expect(MetricRegistry.metric(.answersCut)?.value(rows) == 0.5)
    }

    @Test func bleuAndChrfEqualSacrebleu() {
        for row in texts.rows {
            #expect(WordTokenizer13a.tokens(row.hyp) == row.tokens)
            if row.ref.isEmpty { continue }
            #expect(near(Bleu.sentence(answer: row.hyp, reference: row.ref), row.bleu), "\(row.hyp)")
            #expect(near(Chrf.sentence(answer: row.hyp, reference: row.ref), row.chrf), "\(row.hyp)")
        }
        let inputs = texts.rows.filter { !$0.ref.isEmpty }.map { MetricInput(reference: $0.ref, output: $0.hyp) }
        #expect(near(MetricRegistry.metric("bleu")?.value(inputs) ?? 0, texts.corpus_bleu))
        #expect(near(MetricRegistry.metric("chrf")?.value(inputs) ?? 0, texts.corpus_chrf))
    }

    @Test func gleuEqualsNLTK() {
        for row in texts.rows {
            #expect(near(TextMatch.gleu(answer: row.hyp, reference: row.ref), row.gleu), "\(row.hyp)")
        }
    }

    @Test func wordsAndFuzz() {
        #expect(TextMatch.wordF1(answer: "The cat!", reference: "a cat") == 1)
        #expect(near(TextMatch.wordF1(answer: "red cat", reference: "cat sat down"), 0.4))
        #expect(TextMatch.exact(answer: " yes\n", reference: "yes"))
        #expect(near(TextMatch.fuzzy("this is a test", "this is a test!"), 28.0 / 29))
        #expect(TextMatch.fuzzy("", "") == 1)
    }

    @Test func behaviours() {
        #expect(Behaviour.repetition("a b c d a b c d a b c d") > 0.5)
        #expect(Behaviour.repetition("one two") == 0)
        #expect(Behaviour.distinct(["a b", "a c"], order: 1) == 0.75)
        #expect(Behaviour.isRefusal("I’m sorry, but that is not possible.") && !Behaviour.isRefusal("Sure: 42"))
        #expect(Behaviour.isJSON(" {\"a\": [1]} ") && !Behaviour.isJSON("{\"a\": 1} and more"))
        #expect(!Behaviour.isJSON(String(repeating: "[", count: 100_000)))
        var memory = Memorization(order: 3)
        memory.learn("The quick brown fox jumps")
        #expect(memory.overlap("a quick brown fox") == 0.5 && memory.overlap("too short") == nil)
        #expect(Memorization.exposure(secretLoss: 1, otherLosses: [2, 3, 4, 5, 6, 7, 8]) == 3)
    }
}
