import ControlProtocol
import Serving
import WorkerProtocol

/// Texts that go on, made of what the worker says of each prompt: piece by piece, and whole. Pure.
struct CompletionAssembly: Sendable {
    /// A prompt, and what is known of it.
    private struct Prompt {
        /// Nil until it is being read.
        var began: ServingBegan?
        var tokens: [ServingToken] = []
        /// What came of its choices before all of it was known.
        var held: [ServingEvent] = []
        var isKnown = false
    }

    private let body: CompletionBody
    private let perPrompt: Int
    private var prompts: [Prompt]
    private(set) var choices: [TextChoice]
    /// Characters of each choice's text that its tokens so far have begun.
    private var scalars: [Int]
    private var drawn = 0

    init(_ body: CompletionBody) {
        self.body = body
        perPrompt = body.drawing.choices ?? 1
        let count = body.prompts.count * perPrompt
        prompts = Array(repeating: Prompt(), count: body.prompts.count)
        choices = (0..<count).map { index in
            TextChoice("", index: index, logprobs: body.drawing.logprobs.map { _ in TextLogprobs() })
        }
        scalars = Array(repeating: 0, count: count)
    }

    /// Whether every prompt is being read: nothing is wrong with any.
    var hasBegun: Bool { prompts.allSatisfy { $0.began != nil } }

    var usage: WireUsage {
        let told = prompts.compactMap(\.began)
        return WireUsage(
            prompt: told.reduce(0) { $0 + $1.promptTokens }, cached: told.reduce(0) { $0 + $1.cachedTokens },
            completion: drawn)
    }

    /// Takes an event; returns the pieces that it adds to choices.
    mutating func take(_ numbered: NumberedEvent) -> [TextChoice] {
        let (index, event) = (numbered.request, numbered.event)
        if let began = event.began { prompts[index].began = began }
        if event.event == .prompt { prompts[index].tokens += event.tokens ?? [] }
        guard prompts[index].isKnown else {
            if event.choice != nil { prompts[index].held.append(event) }
            return open(index)
        }
        return piece(index, event).map { [$0] } ?? []
    }

    /// The prompt before each of its answers, and what came before all of it was known.
    private mutating func open(_ index: Int) -> [TextChoice] {
        let prompt = prompts[index]
        guard let began = prompt.began else { return [] }
        if body.echoes, body.drawing.promptLogprobs != nil, prompt.tokens.count < began.promptTokens { return [] }
        prompts[index].isKnown = true
        prompts[index].held = []
        var pieces: [TextChoice] = []
        if body.echoes {
            let bytes = prompt.tokens.flatMap(\.bytes)
            var text = String(decoding: bytes, as: UTF8.self)
            // What the tokenizer puts before a text is none of it: marks of a beginning, a space.
            var surplus = 0
            if case .text(let given) = body.prompts[index] {
                text = given
                surplus = max(0, bytes.count - given.utf8.count)
            }
            let tokens = body.drawing.logprobs == nil ? [] : prompt.tokens
            pieces = (0..<perPrompt).map { add(text, tokens, surplus: surplus, to: index * perPrompt + $0) }
        }
        return pieces + prompt.held.compactMap { piece(index, $0) }
    }

    private mutating func piece(_ prompt: Int, _ event: ServingEvent) -> TextChoice? {
        guard let choice = event.choice, choice < perPrompt else { return nil }
        let index = prompt * perPrompt + choice
        switch event.event {
        case .text: return add(event.text ?? "", event.tokens ?? [], to: index)
        case .ended:
            drawn += event.ended?.tokens ?? 0
            choices[index].finish_reason = event.ended?.finish
            // The token that ended the text is told as one of its tokens, of no text: those who measure count on one.
            var piece = add("", event.tokens ?? [], to: index)
            piece.finish_reason = event.ended?.finish
            return piece
        case .began, .call, .prompt, .scored, .done, .failed, .state: return nil
        }
    }

    /// Adds a text with its tokens to a choice; returns what was added.
    private mutating func add(
        _ text: String, _ tokens: [ServingToken], surplus: Int = 0, to index: Int
    ) -> TextChoice {
        var piece = TextChoice(text, index: index)
        choices[index].text += text
        guard var logprobs = choices[index].logprobs else { return piece }
        var added = TextLogprobs()
        var left = surplus
        for token in tokens {
            logprobs.add(token, at: scalars[index])
            added.add(token, at: scalars[index])
            let bytes = token.bytes.dropFirst(left)
            left = max(0, left - token.bytes.count)
            // Every byte but those that go on with a character begins one.
            scalars[index] += bytes.count { $0 & 0xC0 != 0x80 }
        }
        choices[index].logprobs = logprobs
        piece.logprobs = added
        return piece
    }
}
