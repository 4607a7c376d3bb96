import Foundation
import Testing
import TextFuzzing

@testable import ChatTemplates

/// Real templates, rendered byte for byte as transformers renders them (tools/make-template-fixtures.py).
@Suite struct RealTemplateTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/templates")
    static let names = [
        "chatml", "llama3", "llama3_training", "llama3_1", "llama3_2", "mistral", "mistral-system", "gemma", "gemma3",
        "gemma3_training", "qwen2_5", "qwen2_5_training", "qwen3", "qwen3_training", "phi3", "phi3_5", "zephyr",
    ]

    @Test(arguments: names)
    func rendersAsTransformersDoes(name: String) throws {
        let source = try String(contentsOf: Self.folder.appending(path: "\(name).jinja"), encoding: .utf8)
        let template = try ChatTemplate(source)
        let texts = try JSONDecoder().decode(
            [String?].self, from: Data(contentsOf: Self.folder.appending(path: "\(name).json")))
        guard
            case .list(let requests) = try JSONText.value(
                String(contentsOf: Self.folder.appending(path: "requests.json"), encoding: .utf8))
        else { throw CocoaError(.coderInvalidValue) }
        #expect(requests.items.count == texts.count)
        #expect(texts.contains { $0 != nil })
        for (request, expected) in zip(requests.items, texts) {
            guard case .dictionary(let fields) = request, case .dictionary(let given)? = fields[name: "variables"],
                case .bool(let prompts)? = fields[name: "add_generation_prompt"]
            else { throw CocoaError(.coderInvalidValue) }
            var variables: [String: TemplateValue] = [:]
            for (key, value) in zip(given.keys, given.values) { variables[try key.value.text().string] = value }
            // In the middle of the fixtures' day, so that the date is the same in every time zone's half.
            let text = try? template.render(
                messages: fields[name: "messages"] ?? .none, tools: fields[name: "tools"] ?? .none,
                addGenerationPrompt: prompts,
                variables: variables, now: 1_735_732_800
            ).text.string
            #expect(text == expected)
        }
    }
}
