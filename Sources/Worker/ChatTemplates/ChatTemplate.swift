#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A chat template: the part of Jinja 2 that real ones use, rendered as transformers' `apply_chat_template` does.
///
/// Parsed once, rendered often; every rendering is held within limits.
package struct ChatTemplate: Sendable {
    /// What a rendering gives.
    package struct Rendering: Sendable {
        /// The text, with a note of what came from data.
        package var text: TemplateText
        /// Byte ranges of `text` inside `{% generation %}` blocks.
        package var generated: [Range<Int>]
    }

    /// The source that it was read from.
    package let source: String
    private let body: [Statement]
    /// What one rendering may spend.
    package var limits = TemplateLimits.standard

    /// Reads a template. Throws `TemplateFailure` with the line of what is wrong or not supported.
    package init(_ source: String) throws {
        self.source = source
        body = try TemplateParser.parse(source)
    }

    /// Renders a conversation.
    ///
    /// - Parameters:
    ///   - messages: a list of dicts with `role`, `content` and so on.
    ///   - tools: a list of JSON schemas.
    ///   - variables: further names, such as `bos_token`, `eos_token`, `enable_thinking`.
    ///   - now: seconds since 1970 for `strftime_now`; the time of day when absent.
    package func render(
        messages: TemplateValue, tools: TemplateValue = .none, addGenerationPrompt: Bool = false,
        variables: [String: TemplateValue] = [:], now: Int? = nil
    ) throws -> Rendering {
        let interpreter = Interpreter(limits: limits, now: now ?? Int(time(nil)))
        for (name, value) in variables { interpreter.root.set(name, value) }
        interpreter.root.set("messages", try Self.withReasoning(messages))
        interpreter.root.set("tools", tools)
        if variables["documents"] == nil { interpreter.root.set("documents", .none) }
        interpreter.root.set("add_generation_prompt", .bool(addGenerationPrompt))
        try interpreter.render(body)
        return Rendering(text: interpreter.output, generated: interpreter.generated)
    }

    private static let reasoningNames = ["reasoning_content", "thinking", "reasoning"]

    /// Messages with their reasoning under each name that templates read it by, as transformers passes them.
    private static func withReasoning(_ messages: TemplateValue) throws -> TemplateValue {
        guard case .list(let list) = messages else { return messages }
        var changed = false
        let items = try list.items.map { item in
            guard case .dictionary(let fields) = item,
                let reasoning = reasoningNames.lazy.compactMap({ fields[name: $0] }).first(where: {
                    if case .none = $0 { false } else { true }
                })
            else { return item }
            changed = true
            var result = TemplateDictionary()
            try result.set("thinking", fields[name: "thinking"] ?? reasoning)
            for (key, value) in zip(fields.keys, fields.values) { try result.set(key, value) }
            try result.set("reasoning_content", reasoning)
            return .dictionary(result)
        }
        return changed ? .list(try TemplateList(items)) : messages
    }
}
