import ChatTemplates
import Tokenization

/// Turns rows into tokens and labels.
///
/// Labels are found structurally: the conversation is rendered as a whole and up to each trained turn, and what the
/// whole adds is that turn. A template for which the shorter renderings do not begin the whole is refused, never
/// trained with wrong labels. Text from the row never becomes a control token, whatever it spells, unless `trustsData`
/// says so.
package struct ExampleEncoder: Sendable {
    package let tokenizer: Tokenizer
    /// The chat template; without one, prompts and completions are written one after the other.
    package let template: ChatTemplate?
    /// Whether control tokens spelt out in the rows count as such.
    package let trustsData: Bool
    /// Further names for the template, such as `enable_thinking`.
    package let variables: [String: TemplateValue]
    /// Seconds since 1970 as templates see them. Fixed, so that a row has the same tokens whenever it is encoded.
    package let now: Int
    private let renderer: ConversationRenderer?
    /// Whether the template writes what a developer says; where it does not, it is said by the system.
    private let writesDeveloper: Bool

    package init(
        tokenizer: Tokenizer, template: ChatTemplate?, trustsData: Bool = false,
        variables: [String: TemplateValue] = [:],
        now: Int
    ) {
        self.tokenizer = tokenizer
        self.template = template
        self.trustsData = trustsData
        self.now = now
        var names: [String: TemplateValue] = [:]
        for (name, text) in tokenizer.names { names[name] = .trusted(text) }
        for (name, id) in [
            ("bos_token", tokenizer.bos), ("eos_token", tokenizer.eos), ("unk_token", tokenizer.unknown),
            ("pad_token", tokenizer.padding),
        ] {
            if let text = id.flatMap(tokenizer.name) { names[name] = .trusted(text) }
        }
        let all = names.merging(variables) { $1 }
        self.variables = all
        renderer = template.map { ConversationRenderer($0, variables: all, now: now) }
        writesDeveloper = renderer.map(Self.writesDeveloper) ?? true
    }

    /// Tries a conversation in which a developer speaks.
    private static func writesDeveloper(_ renderer: ConversationRenderer) -> Bool {
        func turn(_ role: String, _ source: Int32) throws -> TemplateDictionary {
            var fields = TemplateDictionary()
            try fields.set("role", .data(role))
            try fields.set("content", .data("x", source: source))
            return fields
        }
        let text = try? renderer.render(
            [turn("developer", 1), turn("user", 2)], addGenerationPrompt: true
        ).text
        return text?.sources.contains(1) == true
    }

    /// A prompt and what should follow it.
    ///
    /// With a template, one turn of the user and one of the assistant. Without: BOS, prompt, a line end, completion,
    /// EOS.
    package func encode(prompt: String, completion: String, maximumLength: Int) throws -> EncodedExample {
        if template != nil {
            return try encode(
                turns: [
                    ChatTurn(role: "user", content: prompt, isTrained: false),
                    ChatTurn(role: "assistant", content: completion, isTrained: true),
                ], maximumLength: maximumLength)
        }
        var ids = tokenizer.prefix + encodeData(prompt + "\n", isContinuation: false)
        let start = ids.count
        ids += encodeData(completion, isContinuation: true)
        if let eos = tokenizer.eos { ids.append(eos) }
        return try fit(ids, trained: [start..<ids.count], maximumLength)
    }

    /// Plain text, every token of which is a label: BOS, text, EOS.
    package func encode(text: String, maximumLength: Int) throws -> EncodedExample {
        var ids = tokenizer.prefix + encodeData(text, isContinuation: false)
        if let eos = tokenizer.eos { ids.append(eos) }
        return try fit(ids, trained: [0..<ids.count], maximumLength)
    }

    /// The tokens of a text that is to go on as it is.
    package func encode(open text: String) -> [Int32] { tokenizer.prefix + encodeData(text, isContinuation: false) }

    /// The tokens after which the model is to answer: the prompt alone, as generation and scoring take it.
    package func encode(promptOnly prompt: String) throws -> [Int32] {
        guard template != nil else { return tokenizer.prefix + encodeData(prompt + "\n", isContinuation: false) }
        return try encode(promptTurns: [ChatTurn(role: "user", content: prompt, isTrained: false)])
    }

    /// The tokens of a conversation after which the assistant is to speak. Throws ``EncodingFailure`` where the
    /// template leaves out a part of it.
    package func encode(promptTurns given: [ChatTurn], tools: ToolList = .none) throws -> [Int32] {
        let turns = try mapped(given)
        guard let renderer else {
            try checkPlain(turns, tools)
            return tokenizer.prefix + encodeData(try Self.joined(turns), isContinuation: false)
        }
        let text = try renderer.render(turns.map(\.fields), tools: tools.value, addGenerationPrompt: true).text
        try checkParts(turns, tools, in: text, thinking: false)
        return try encode(text, in: 0..<text.bytes.count)
    }

    /// The conversation as the template is given it: what a developer says is the system's where the template has no
    /// developers.
    private func mapped(_ turns: [ChatTurn]) throws -> [ChatTurn] {
        writesDeveloper ? turns : try turns.map { $0.role == "developer" ? try $0.said(by: "system") : $0 }
    }

    /// Refuses a rendering that lacks a part of the row.
    private func checkParts(_ turns: [ChatTurn], _ tools: ToolList, in text: TemplateText, thinking: Bool) throws {
        for part in tools.parts where !text.sources.contains(part.source) {
            throw EncodingFailure.leftOut(part: part.name)
        }
        for turn in turns {
            for part in turn.parts where !text.sources.contains(part.source) {
                if part.isThinking, !(thinking && turn.isTrained) { continue }
                throw EncodingFailure.leftOut(part: part.name)
            }
        }
    }

    /// Without a template the contents of turns are all that is written.
    private func checkPlain(_ turns: [ChatTurn], _ tools: ToolList) throws {
        if let part = tools.parts.first { throw EncodingFailure.leftOut(part: part.name) }
        for turn in turns {
            guard case .text(let content)? = turn.fields[name: "content"] else { continue }
            for part in turn.parts where !content.sources.contains(part.source) && (!part.isThinking || turn.isTrained)
            {
                throw EncodingFailure.leftOut(part: part.name)
            }
        }
    }

    /// What the template writes for a conversation; nil without one.
    package func text(of turns: [ChatTurn], tools: ToolList = .none, addGenerationPrompt: Bool) throws -> String? {
        try renderer?.render(turns.map(\.fields), tools: tools.value, addGenerationPrompt: addGenerationPrompt).text
            .string
    }

    /// The token ids that end the assistant's turn: the model's own ends and what the template writes after the answer.
    package func stopTokens() -> [Int32] {
        var result = tokenizer.ends
        let probe = "x"
        if let renderer,
            let turns = try? [
                ChatTurn(role: "user", content: probe, isTrained: false),
                ChatTurn(role: "assistant", content: probe, isTrained: true),
            ], let whole = try? renderer.render(turns.map(\.fields), addGenerationPrompt: false).text,
            let ids = try? encode(whole, in: 0..<whole.bytes.count), let last = ids.last(where: tokenizer.isControl),
            !result.contains(last), ids.suffix(3).contains(last)
        {
            result.append(last)
        }
        return result
    }

    // MARK: Conversations

    /// A conversation as one example or, where its template lets what comes later change what came before, as one for
    /// each trained turn: the turn with all before it, as a server will render it.
    ///
    /// Throws ``EncodingFailure`` where it cannot be trained on, `TemplateFailure` where the template refuses it.
    package func examples(turns: [ChatTurn], tools: ToolList = .none, maximumLength: Int) throws -> [EncodedExample] {
        do { return [try encode(turns: turns, tools: tools, maximumLength: maximumLength)] } catch {
            let trained = turns.indices.filter { turns[$0].isTrained }
            let isOfTemplate =
                switch error as? EncodingFailure {
                case .templateBreaksPrefix?, .leftOut?, .generationBlocks?: true
                default: false
                }
            guard isOfTemplate, let last = trained.last, trained.count > 1 || last + 1 < turns.count else {
                throw error
            }
            return try turnByTurn(turns, trained, tools, maximumLength)
        }
    }

    /// One example for each trained turn. Turns that begin beyond the length count as cut from the last that does not.
    private func turnByTurn(_ turns: [ChatTurn], _ trained: [Int], _ tools: ToolList, _ maximumLength: Int) throws
        -> [EncodedExample]
    {
        var result: [EncodedExample] = []
        for index in trained {
            let part = turns[...index].enumerated().map { $1.trained($0 == index) }
            do { result.append(try encode(turns: part, tools: tools, maximumLength: maximumLength)) } catch {
                guard case EncodingFailure.tooLong(let tokens, _, _) = error, !result.isEmpty else { throw error }
                result[result.count - 1].truncated += max(0, tokens - maximumLength)
                break
            }
        }
        return result
    }

    /// A conversation, with labels on what the trained turns add.
    package func encode(turns given: [ChatTurn], tools: ToolList = .none, maximumLength: Int) throws -> EncodedExample {
        let turns = try mapped(given)
        guard let renderer else {
            try checkPlain(turns, tools)
            return try encodePlain(turns, maximumLength)
        }
        let whole = try renderer.render(turns.map(\.fields), tools: tools.value, addGenerationPrompt: false)
        try checkParts(turns, tools, in: whole.text, thinking: true)
        try checkControl(whole.text, turns)
        var ids: [Int32] = []
        var trained: [Range<Int>] = []
        var place = 0
        // Turns beyond the length are not looked for: a conversation of thousands costs no more than what is kept of
        // it.
        try forEachTrainedSpan(renderer, turns, tools.value, whole) { span in
            ids += try encode(whole.text, in: place..<span.lowerBound)
            let start = ids.count
            ids += try encode(whole.text, in: span)
            trained.append(start..<ids.count)
            place = span.upperBound
            return ids.count < maximumLength
        }
        ids += try encode(whole.text, in: place..<whole.text.bytes.count)
        return try fit(ids, trained: trained, maximumLength)
    }

    /// Gives `body` the byte ranges of the whole text that trained turns add, in order, until it returns false.
    private func forEachTrainedSpan(
        _ renderer: ConversationRenderer, _ turns: [ChatTurn], _ tools: TemplateValue, _ whole: ChatTemplate.Rendering,
        _ body: (Range<Int>) throws -> Bool
    ) throws {
        if !whole.generated.isEmpty {
            let speakers = turns.filter(\.isAssistant)
            guard speakers.count == whole.generated.count else {
                throw EncodingFailure.generationBlocks(found: whole.generated.count, turns: speakers.count)
            }
            for (turn, span) in zip(speakers, whole.generated) where turn.isTrained {
                if !(try body(span)) { return }
            }
            return
        }
        var last = 0
        for (index, turn) in turns.enumerated() where turn.isTrained {
            let before = try prefix(renderer, turns[..<index], tools, addGenerationPrompt: true, whole, turn: index)
            let after =
                index + 1 == turns.count
                ? whole.text.bytes.count
                : try prefix(renderer, turns[...index], tools, addGenerationPrompt: false, whole, turn: index)
            guard after > before else {
                throw EncodingFailure.templateBreaksPrefix(turn: index, reason: "it writes nothing for the turn")
            }
            // Two trained turns in a row share the header between them; the first one's end wins.
            let start = max(before, last)
            last = max(after, last)
            if after > start, !(try body(start..<after)) { return }
        }
    }

    /// The length of what a rendering of the first turns and the whole have in common, which must be all of the former.
    private func prefix(
        _ renderer: ConversationRenderer, _ turns: ArraySlice<ChatTurn>, _ tools: TemplateValue,
        addGenerationPrompt: Bool,
        _ whole: ChatTemplate.Rendering, turn: Int
    ) throws -> Int {
        let part: [UInt8]
        do {
            part = try renderer.render(turns.map(\.fields), tools: tools, addGenerationPrompt: addGenerationPrompt).text
                .bytes
        } catch let failure as TemplateFailure {
            throw EncodingFailure.templateBreaksPrefix(
                turn: turn, reason: "the \(turns.count) turns before it cannot be rendered alone (\(failure))")
        }
        if whole.text.bytes.starts(with: part) { return part.count }
        // Some templates end every conversation with the EOS, which the whole has only at its own end.
        if !addGenerationPrompt, case .text(let eos)? = variables["eos_token"], eos.bytes.count < part.count,
            part.suffix(eos.bytes.count).elementsEqual(eos.bytes),
            whole.text.bytes.starts(with: part.dropLast(eos.bytes.count))
        {
            return part.count - eos.bytes.count
        }
        let same = zip(whole.text.bytes, part).prefix { $0 == $1 }.count
        let shown = String(decoding: part[max(0, same - 20)..<min(part.count, same + 20)], as: UTF8.self)
        throw EncodingFailure.templateBreaksPrefix(
            turn: turn,
            reason: "rendered up to here the text does not begin the whole conversation's, from byte \(same), "
                + "near \(shown.debugDescription)")
    }

    /// Without a template the turns follow each other, each on a line of its own.
    private func encodePlain(_ turns: [ChatTurn], _ maximumLength: Int) throws -> EncodedExample {
        var ids = tokenizer.prefix
        var trained: [Range<Int>] = []
        for (index, turn) in turns.enumerated() {
            let start = ids.count
            ids += encodeData(try Self.joined([turn]), isContinuation: index > 0)
            if turn.isTrained {
                if let eos = tokenizer.eos { ids.append(eos) }
                trained.append(start..<ids.count)
            } else {
                ids += encodeData("\n", isContinuation: true)
            }
        }
        return try fit(ids, trained: trained, maximumLength)
    }

    private static func joined(_ turns: [ChatTurn]) throws -> String {
        try turns.map { turn in
            guard case .text(let text)? = turn.fields[name: "content"] else {
                throw TemplateFailure(
                    .evaluation, "the content of a turn is no text, and there is no chat template to write it")
            }
            return text.string
        }.joined(separator: "\n")
    }

    // MARK: Tokens

    private func encodeData(_ text: String, isContinuation: Bool) -> [Int32] {
        tokenizer.encode(text, special: trustsData ? .parse : .asText, isContinuation: isContinuation)
    }

    /// The tokens of a part of a rendering; control tokens come from the template's own bytes alone.
    private func encode(_ text: TemplateText, in range: Range<Int>) throws -> [Int32] {
        guard !range.isEmpty else { return [] }
        let part = text[part: range]
        return tokenizer.encode(
            part.string, special: trustsData ? .parse : .parseInside(part.trusted), isContinuation: range.lowerBound > 0
        )
    }

    /// Refuses a template whose own control tokens are not seen because it mixed them with data.
    private func checkControl(_ text: TemplateText, _ turns: [ChatTurn]) throws {
        if trustsData { return }
        let string = text.string
        if tokenizer.controls(in: string, special: .parse)
            == tokenizer.controls(in: string, special: .parseInside(text.trusted))
        {
            return
        }
        // More than the template's own: either the data spells some, which stay text, or the template hides its own.
        for turn in turns where try containsControl(.dictionary(turn.fields)) { return }
        throw EncodingFailure.templateHidesControl
    }

    private func containsControl(_ value: TemplateValue) throws -> Bool {
        switch value {
        case .text(let text): !tokenizer.controls(in: text.string, special: .parse).isEmpty
        case .list(let list): try list.items.contains(where: containsControl)
        case .dictionary(let dictionary):
            try dictionary.values.contains(where: containsControl)
                || dictionary.keys.contains { try containsControl($0.value) }
        default: false
        }
    }

    /// Labels the trained ranges and cuts the row to the length, never below its first label.
    private func fit(_ ids: [Int32], trained: [Range<Int>], _ maximumLength: Int) throws -> EncodedExample {
        var labels = [Bool](repeating: false, count: ids.count)
        for range in trained { for index in range where index > 0 { labels[index] = true } }
        guard let first = labels.firstIndex(of: true) else { throw EncodingFailure.noLabels }
        guard ids.count > maximumLength else { return EncodedExample(ids: ids, labels: labels) }
        guard first < maximumLength else {
            throw EncodingFailure.tooLong(tokens: ids.count, firstLabel: first, maximumLength: maximumLength)
        }
        return EncodedExample(
            ids: Array(ids[..<maximumLength]), labels: Array(labels[..<maximumLength]),
            truncated: ids.count - maximumLength)
    }
}
