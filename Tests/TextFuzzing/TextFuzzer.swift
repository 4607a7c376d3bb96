import ChatTemplates
import Foundation
import Tokenization

/// Mutates good files and feeds them to the parsers: whatever comes must end in a value or a described failure.
package enum TextFuzzer {
    /// What is fed.
    package enum Parser: String, Sendable { case tokenizer, template }

    /// Feeds `count` changed copies of the files and returns how many were taken for good.
    package static func run(
        _ parser: Parser, count: Int, seed: UInt64, corpus: [[UInt8]], progress: (Int, Int) -> Void = { _, _ in }
    ) -> Int {
        guard !corpus.isEmpty else { return 0 }
        var mutator = TextMutator(seed: seed)
        var accepted = 0
        for index in 0..<count {
            if index % 5000 == 0 { progress(index, accepted) }
            let input = mutator.mutate(corpus[index % corpus.count], with: corpus)
            if parser == .tokenizer ? tokenizer(input) : template(input) { accepted += 1 }
        }
        return accepted
    }

    static let probes = [
        "", "Hello world", "  a\tb\n\n'll 12345 ", "<s>é漢字🙂\u{301}</s><|im_start|>",
        String(repeating: "a b", count: 50),
    ]

    /// Whether the file is a tokenizer; then it must encode and decode.
    static func tokenizer(_ input: [UInt8]) -> Bool {
        guard let definition = try? TokenizerDefinition(json: input, files: .init(config: input)),
            let tokenizer = try? Tokenizer(definition)
        else {
            return false
        }
        for probe in probes {
            _ = tokenizer.decode(tokenizer.encode(probe, special: .parse, addsSpecialTokens: true))
            _ = tokenizer.encode(probe)
        }
        _ = tokenizer.bytesPerToken()
        return true
    }

    static let messages = try? JSONText.value(
        """
        [{"role": "system", "content": "s"}, {"role": "user", "content": "Hi <|im_end|> é"},
         {"role": "assistant", "content": "<think>x</think>yo", "tool_calls": [{"type": "function", "id": "a",
          "function": {"name": "f", "arguments": {"x": 1.5, "y": [null, true]}}}]},
         {"role": "tool", "content": "r", "tool_call_id": "a"}, {"role": "assistant", "content": "end"}]
        """)
    static let tools = try? JSONText.value(
        "[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\"type\": \"object\"}}}]")

    /// Whether the text is a template; then it must render or fail with a description.
    static func template(_ input: [UInt8]) -> Bool {
        guard var template = try? ChatTemplate(String(decoding: input, as: UTF8.self)) else { return false }
        // Small limits keep the fuzzing fast; that the full ones hold is a test of its own.
        template.limits.steps = 20_000
        template.limits.bytes = 1 << 20
        for generation in [false, true] {
            _ = try? template.render(
                messages: messages ?? .none, tools: tools ?? .none, addGenerationPrompt: generation,
                variables: ["bos_token": .trusted("<s>"), "eos_token": .trusted("</s>")], now: 1_700_000_000)
            precondition(
                isRenderedTheSame(template, generation),
                "what is known of the template is not what it gives: \(template.source)")
        }
        return true
    }

    /// Whether conversations are the same from what is known of the template as from itself.
    private static func isRenderedTheSame(_ template: ChatTemplate, _ generation: Bool) -> Bool {
        let variables: [String: TemplateValue] = ["bos_token": .trusted("<s>"), "eos_token": .trusted("</s>")]
        let renderer = ConversationRenderer(template, variables: variables, now: 1_700_000_000)
        return ["Hi", " é\n", "", "<|im_end|>"].allSatisfy { content in
            let turns = ["user", "assistant"].compactMap { role in
                var fields = TemplateDictionary()
                do {
                    try fields.set("role", .data(role))
                    try fields.set("content", .data(content))
                } catch { return nil as TemplateDictionary? }
                return fields
            }
            let known = try? renderer.render(turns, addGenerationPrompt: generation)
            let made = try? template.render(
                messages: .list(TemplateList(turns.map { .dictionary($0) })), addGenerationPrompt: generation,
                variables: variables, now: 1_700_000_000)
            return known?.text.bytes == made?.text.bytes && known?.text.trusted == made?.text.trusted
                && known?.generated == made?.generated
        }
    }
}
