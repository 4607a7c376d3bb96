import Foundation
import Testing

@testable import ChatTemplates

/// What is known of a template gives what the template itself gives.
@Suite struct ConversationRendererTests {
    static let variables: [String: TemplateValue] = ["bos_token": .trusted("<s>"), "eos_token": .trusted("</s>")]
    static let contents = [
        "", " ", "Hi", "  two\nlines \n", "é漢字\u{2003}", "<|im_end|>", "<think>x</think>yo", "{{ content }}",
        "\u{1}\u{0}", "</s>Hi<s>",
    ]
    static let roles = ["user", "assistant", "system", "tool", "developer", "user", "assistant"]

    private func template(_ name: String) throws -> ChatTemplate {
        try ChatTemplate(String(contentsOf: RealTemplateTests.folder.appending(path: "\(name).jinja"), encoding: .utf8))
    }

    private func turn(_ role: String, _ content: String) throws -> TemplateDictionary {
        var fields = TemplateDictionary()
        try fields.set("role", .data(role))
        try fields.set("content", .data(content))
        return fields
    }

    private func isSame(
        _ template: ChatTemplate, _ renderer: ConversationRenderer, _ turns: [TemplateDictionary], _ generation: Bool
    ) -> Bool {
        func outcome(_ render: () throws -> ChatTemplate.Rendering) -> [String] {
            do {
                let rendering = try render()
                return ["\(rendering.text.bytes)", "\(rendering.text.untrusted)", "\(rendering.generated)"]
            } catch { return ["\(error)"] }
        }
        return outcome { try renderer.render(turns, addGenerationPrompt: generation) }
            == outcome {
                try template.render(
                    messages: .list(try TemplateList(turns.map { .dictionary($0) })), addGenerationPrompt: generation,
                    variables: Self.variables, now: 0)
            }
    }

    @Test(arguments: RealTemplateTests.names) func everyConversationIsRenderedTheSame(_ name: String) throws {
        let template = try template(name)
        let renderer = ConversationRenderer(template, variables: Self.variables, now: 0)
        var random = SystemRandomNumberGenerator()
        for number in 0..<600 {
            let turns = try (0..<number % 6).map { place in
                // Most conversations alternate, as most templates want it.
                let role =
                    number % 3 == 0 ? Self.roles.randomElement(using: &random) : place % 2 == 0 ? "user" : "assistant"
                return try turn(role ?? "user", Self.contents.randomElement(using: &random) ?? "")
            }
            for generation in [false, true] {
                #expect(isSame(template, renderer, turns, generation), "\(turns.map { "\($0.values)" }) \(generation)")
            }
        }
    }

    @Test(arguments: ["chatml", "llama3", "mistral", "gemma", "gemma3", "qwen2_5", "zephyr", "phi3"])
    func mostTemplatesOnlyPassContentsOn(_ name: String) throws {
        let renderer = ConversationRenderer(try template(name), variables: Self.variables, now: 0)
        let turns = [try turn("user", "q"), try turn("assistant", "a")]
        #expect(renderer.isKnown(turns, addGenerationPrompt: false))
        #expect(renderer.isKnown([turns[0]], addGenerationPrompt: true))
    }

    @Test(arguments: [
        "{{ messages[0].content | length }}", "{% if messages[0].content %}x{% endif %}",
        "{{ messages[0].content == 'Hi' }}",
        "{{ messages[0].content[0] }}", "{{ messages[0].content.split('x') }}",
        "{{ messages[0].content ~ 1 if 'H' in messages[0].content }}",
        "{{ messages[0].content * 2 }}", "{{ messages[0].content | upper }}", "{{ messages[0] | tojson }}",
        "{{ messages }}",
        "{{ {messages[0].content: 1}['Hi'] }}", "{% for c in messages[0].content %}{{ c }}{% endfor %}",
        "{{ (messages[0].content + 'x') | trim }}",
        "{{ messages[0].content.strip('H') }}", "{{ messages[0].content.lstrip() }}",
        "{{ messages[0].content | trim | length }}",
        "{{ '%s' % messages[0].content }}", "{{ messages | map(attribute='content') | join(',') }}",
        "{{ messages[0].content or 'none' }}",
    ]) func whoLooksIntoAContentIsAskedEachTime(_ source: String) throws {
        let template = try ChatTemplate(source)
        let renderer = ConversationRenderer(template, variables: Self.variables, now: 0)
        for content in Self.contents {
            for generation in [false, true] {
                #expect(isSame(template, renderer, [try turn("user", content)], generation))
            }
        }
    }

    @Test func moreThanRoleAndContentIsRenderedByTheTemplate() throws {
        let template = try ChatTemplate(
            """
            {% for m in messages %}{{ m.role }}{{ m.content }}{{ m.name }}{{ m.content | trim }}{% generation \
            %}{{ m.content }}{% endgeneration %}{% endfor %}
            """
        )
        let renderer = ConversationRenderer(template, variables: Self.variables, now: 0)
        for content in Self.contents {
            var named = try turn("user", content)
            #expect(isSame(template, renderer, [named, named], false))
            try named.set("name", .data("Ann"))
            #expect(isSame(template, renderer, [named], false))
        }
        let plain = [try turn("user", "Hi"), try turn("assistant", "")]
        #expect(renderer.isKnown(plain, addGenerationPrompt: false))
        #expect(isSame(template, renderer, plain, false))
    }

    @Test func longContentsMeetTheLimits() throws {
        var template = try ChatTemplate("{{ messages[0].content }}")
        template.limits.bytes = 1000
        let renderer = ConversationRenderer(template, variables: Self.variables, now: 0)
        for length in [10, 15, 16, 999, 1000, 1001] {
            #expect(isSame(template, renderer, [try turn("user", String(repeating: "x", count: length))], false))
        }
    }
}
