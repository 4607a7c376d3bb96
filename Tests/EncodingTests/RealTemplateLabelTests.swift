import ChatTemplates
import Foundation
import Testing
import Tokenization

@testable import Encoding

/// What is labelled under each real template, in conversations of one and of two answers.
@Suite struct RealTemplateLabelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var one: String
        /// Nil where the template drops text from earlier turns, so that they cannot be trained together.
        var two: String?

        var testDescription: String { name }

        init(_ name: String, end: String, start: String = "") {
            (self.name, one) = (name, start + "Word1" + end)
            two = start + "Word1" + end + start + "Word3" + end
        }

        init(_ name: String, one: String, two: String?) { (self.name, self.one, self.two) = (name, one, two) }
    }

    static let cases = [
        Case("chatml", end: "<|im_end|>\n"), Case("llama3", end: "<|eot_id|>"),
        Case("llama3_training", end: "<|eot_id|>"),
        Case("llama3_1", end: "<|eot_id|>"), Case("llama3_2", end: "<|eot_id|>"), Case("mistral", end: "</s>"),
        Case("mistral-system", end: "</s>", start: " "), Case("gemma", end: "<end_of_turn>\n"),
        Case("gemma3", end: "<end_of_turn>\n"), Case("gemma3_training", end: "<end_of_turn>\n"),
        Case("qwen2_5", end: "<|im_end|>\n"), Case("qwen2_5_training", end: "<|im_end|>\n", start: "\n"),
        Case("qwen3_training", end: "<|im_end|>\n", start: "<think>\n\n</think>\n\n"), Case("zephyr", end: "</s>\n"),
        Case("qwen3", one: "<think>\n\n</think>\n\nWord1<|im_end|>\n", two: nil),
        Case("phi3", one: "Word1<|end|>\n</s>", two: "Word1<|end|>\nWord3<|end|>\n</s>"),
        Case("phi3_5", one: "Word1<|end|>\n</s>", two: "Word1<|end|>\nWord3<|end|>\n</s>"),
    ]

    @Test(arguments: cases)
    func labelsCoverEachAnswerAndItsEnd(_ item: Case) throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/templates/\(item.name).jinja")
        let tokenizer = try TestTokenizers.encoder("smollm2").tokenizer
        let encoder = ExampleEncoder(
            tokenizer: tokenizer, template: try ChatTemplate(String(contentsOf: url, encoding: .utf8)),
            variables: ["bos_token": .trusted("<s>"), "eos_token": .trusted("</s>")], now: 0)
        func conversation(_ turns: Int) throws -> [ChatTurn] {
            try (0..<turns).map {
                try ChatTurn(role: $0 % 2 == 0 ? "user" : "assistant", content: "Word\($0)", isTrained: $0 % 2 == 1)
            }
        }
        func labels(_ example: EncodedExample) -> String {
            tokenizer.decode(zip(example.ids, example.labels).filter(\.1).map(\.0))
        }
        func labelled(_ turns: Int) throws -> String {
            labels(try encoder.encode(turns: conversation(turns), maximumLength: 1000))
        }
        #expect(try labelled(2) == item.one)
        if let two = item.two {
            #expect(try labelled(4) == two)
        } else {
            #expect(throws: EncodingFailure.self) { try labelled(4) }
            // Each turn is then an example of its own, as a server renders it.
            let examples = try encoder.examples(turns: conversation(4), maximumLength: 1000)
            #expect(examples.map(labels) == [item.one, item.one.replacing("Word1", with: "Word3")])
        }
        #expect(try encoder.examples(turns: conversation(2), maximumLength: 1000).count == 1)
    }
}
