import ChatTemplates
import Encoding
import Foundation
import Nouns
import TestSupport
import Testing
import Tokenization

@testable import ModelLoading

/// What a row holds is in the text that is trained, mapped on purpose, or the row is refused and says what is missing.
@Suite struct RowRenderingTests {
    private static let file = Result { try TokenizerFile(path: TestSupport.model()) }

    /// The encoder of one of the published templates; nil for none.
    private func encoder(_ template: String?) throws -> RowEncoder {
        var definition = try Self.file.get().definition
        definition.chatTemplate = try template.map {
            try String(contentsOfFile: TestSupport.fixture("templates/\($0).jinja"), encoding: .utf8)
        }
        definition.names = ["bos_token": "<s>", "eos_token": "</s>"]
        return RowEncoder(try TokenizerFile(definition), context: 8192)
    }

    private func text(_ row: RowContent, _ template: String) throws -> String {
        let encoder = try encoder(template)
        return try encoder.examples(row, maximumLength: 4096).map { encoder.tokenizer.decode($0.ids) }.joined(
            separator: "\n----\n")
    }

    private func refusal(_ row: RowContent, _ template: String?) throws -> String {
        let encoder = try encoder(template)
        do {
            return encoder.tokenizer.decode(try encoder.example(row, maximumLength: 4096).ids)
        } catch EncodingFailure.leftOut(let part) {
            return "left out: \(part)"
        } catch { return "\(error)" }
    }

    private static let tools: JSONValue = .string(
        #"[{"type": "function", "function": {"name": "track", "parameters": {"type": "object", "b": 2.0, "a": 1}}}]"#)

    private func call(_ arguments: String) -> Message {
        Message(
            role: "assistant", content: "",
            toolCalls: .array([
                .object([
                    "id": "c0", "type": "function",
                    "function": .object(["name": "track", "arguments": .string(arguments)]),
                ])
            ]))
    }

    private func asking(_ arguments: String, tools: JSONValue? = nil) -> RowContent {
        .chat(messages: [Message(role: "user", content: "Where?"), call(arguments)], tools: tools)
    }

    /// Arguments are written as the object that they are, in the row's order and spelling.
    @Test(arguments: ["qwen2_5", "qwen3"])
    func argumentsAreWrittenOnce(template: String) throws {
        let text = try text(asking(#"{"number": "7", "carrier": "post", "kg": 2.0, "big": 1e3}"#), template)
        #expect(
            text.contains(
                #"{"name": "track", "arguments": {"number": "7", "carrier": "post", "kg": 2.0, "big": 1000.0}}"#),
            "\(text)")
    }

    @Test func argumentsUnderLlama3() throws {
        let text = try text(asking(#"{"number": "7", "carrier": "post"}"#, tools: Self.tools), "llama3_1")
        #expect(text.contains(#"{"name": "track", "parameters": {"number": "7", "carrier": "post"}}"#), "\(text)")
    }

    @Test func toolsKeepOrderAndSpelling() throws {
        let text = try text(asking("{}", tools: Self.tools), "qwen2_5")
        #expect(text.contains(#""parameters": {"type": "object", "b": 2.0, "a": 1}"#), "\(text)")
        // Rows of before the spelling was kept have a list.
        let old: JSONValue = .array([.object(["type": "function", "function": .object(["name": "track"])])])
        #expect(try self.text(asking("{}", tools: old), "qwen2_5").contains(#""name": "track""#))
    }

    /// A developer speaks as the system where the template knows no developers.
    @Test(arguments: ["qwen2_5", "qwen3", "phi3", "chatml", "llama3", "llama3_1", "zephyr"])
    func developersAreHeard(template: String) throws {
        let row = RowContent.chat(
            messages: [
                Message(role: "developer", content: "Be brief."), Message(role: "user", content: "Hi"),
                Message(role: "assistant", content: "Hello"),
            ], tools: nil)
        let text = try text(row, template)
        #expect(text.contains("Be brief.") && text.contains("Hello"), "\(text)")
        let prompt = try #require(try encoder(template).prompt(row))
        #expect(try encoder(template).tokenizer.decode(prompt).contains("Be brief."))
    }

    /// What a template leaves out is refused by name, in training and where a model is asked.
    @Test func whatIsLeftOutIsNamed() throws {
        let arguments = #"{"number": "7"}"#
        #expect(try refusal(asking(arguments), "phi3").contains("call 1 of message 2"))
        #expect(try refusal(asking(arguments), "chatml").contains("call 1 of message 2"))
        #expect(try refusal(asking("{}"), nil).contains("call 1 of message 2"))
        let answered = RowContent.chat(
            messages: [Message(role: "user", content: "q"), Message(role: "assistant", content: "a")],
            tools: Self.tools)
        #expect(try refusal(answered, "chatml") == "left out: the tool track")
        #expect(try refusal(answered, nil) == "left out: the tool track")
        #expect(throws: EncodingFailure.leftOut(part: "the tool track")) { try encoder("chatml").prompt(answered) }
        #expect(!(try refusal(answered, "qwen2_5")).contains("left out"))
        let thinking = RowContent.chat(
            messages: [
                Message(role: "user", content: "q"), Message(role: "assistant", content: "a", reasoning: "hm"),
            ], tools: nil)
        #expect(try refusal(thinking, "chatml").contains("the thinking of message 2"))
    }

    /// Thinking goes to the template; earlier turns keep none of it, and each is learnt as it will be asked for.
    @Test func thinkingIsLearntTurnByTurn() throws {
        let row = RowContent.chat(
            messages: [
                Message(role: "user", content: "q1"), Message(role: "assistant", content: "a1", reasoning: "think1"),
                Message(role: "user", content: "q2"), Message(role: "assistant", content: "a2", reasoning: "think2"),
            ], tools: nil)
        let encoder = try encoder("qwen3")
        let examples = try encoder.examples(row, maximumLength: 4096)
        let texts = examples.map { encoder.tokenizer.decode($0.ids) }
        #expect(examples.count == 2)
        #expect(texts[0].contains("think1") && !texts[0].contains("q2"))
        #expect(texts[1].contains("think2") && !texts[1].contains("think1") && texts[1].contains("a1"))
        let learnt = examples.map { example in
            encoder.tokenizer.decode(zip(example.ids, example.labels).filter(\.1).map(\.0))
        }
        #expect(learnt[0].contains("think1") && learnt[0].contains("a1") && !learnt[0].contains("q1"))
        #expect(learnt[1].contains("think2") && !learnt[1].contains("a1"))
        // What does not fit is cut from the end, turn by turn.
        let cut = try encoder.examples(row, maximumLength: examples[0].ids.count)
        #expect(cut.count <= 2 && cut.last.map { $0.truncated > 0 } == true)
    }

    /// A row that ends in a call has an answer to be scored, and its bytes are counted.
    @Test func aCallIsAnAnswer() throws {
        let row = asking(#"{"number": "7"}"#)
        #expect(RowEncoder.hasAnswer(row) && RowEncoder.labelledBytes(row) == "track".utf8.count + 15)
        let open = RowContent.chat(
            messages: [Message(role: "user", content: "q"), Message(role: "assistant", content: "", trained: true)],
            tools: nil)
        #expect(!RowEncoder.hasAnswer(open))
    }

    /// The texts of named tokens reach the template as they do in transformers.
    @Test func namedTokensReachTheTemplate() throws {
        var definition = try Self.file.get().definition
        definition.names = ["sep_token": "<|im_end|>", "cls_token": "<|im_start|>"]
        definition.chatTemplate = "{{ cls_token }}{{ messages[0]['content'] }}{{ sep_token }}{{ eos_token }}"
        let encoder = RowEncoder(try TokenizerFile(definition), context: 100)
        let prompt = try #require(try encoder.prompt(.completion(prompt: "q", completion: "a")))
        let names = prompt.compactMap(encoder.tokenizer.name(of:))
        #expect(names == ["<|im_start|>", "q", "<|im_end|>", "<|im_end|>"])
    }
}
