/// What one rule of the engine protocol found of an engine.
package struct EngineFinding: Codable, Hashable, Sendable {
    /// The rules, in the order in which they are tried; docs/engine-protocol.md and docs/engines.md have each.
    package enum Rule: String, Codable, Hashable, Sendable, CaseIterable {
        case describes, prepared, started, events, attempt, steps, numbers, validation, checkpoint, result, ended
        case inputs, pauses, stops, fenced, scores, answers
        case refusesVersion = "refuses-version"
        case refusesTokens = "refuses-tokens"
        case refusesModel = "refuses-model"
    }

    package var rule: Rule
    package var isKept: Bool
    /// What was found, in a sentence.
    package var message: String

    package init(_ rule: Rule, isKept: Bool, _ message: String) {
        self.rule = rule
        self.isKept = isKept
        self.message = message
    }
}

extension EngineFinding.Rule {
    /// What an engine owes the daemon by it, in a sentence.
    package var asks: String {
        switch self {
        case .describes: "It says by `--describe` what it can do, and can train a small Llama with LoRA."
        case .prepared: "The worker writes rows as tokens and the base as a Hugging Face folder for it."
        case .started: "Its first event is `started`."
        case .events: "What it tells stands in `events.jsonl` too, in the same order."
        case .attempt: "Every event names the attempt of the request."
        case .steps: "Each optimizer step is told once, in order, with finite figures and the labels that it had."
        case .numbers: "Losses are those of the built-in engine."
        case .validation:
            "Validation is measured before the first step and where the recipe says, and the best is named."
        case .checkpoint: "A checkpoint is told as often as the recipe says, and is on the disk."
        case .result: "`result.json` is what it told, and names a whole adapter in the request's folder by its digest."
        case .ended: "Its last event is `ended` with status 0."
        case .inputs: "It changes nothing outside the request's folder."
        case .pauses: "It pauses at `pauseAtStep`, and the same request goes on from there to the same numbers."
        case .stops: "SIGTERM has it write a checkpoint and leave by 75, and the same request goes on from there."
        case .fenced: "Once another attempt has the folder it writes nothing more there, and leaves by 74."
        case .scores: "Where it scores: the losses and likeliest tokens of sequences are those of the built-in engine."
        case .answers: "Where it generates: greedy answers end where they should, and are those of the built-in engine."
        case .refusesVersion: "A request of another version is refused by 64, in words."
        case .refusesTokens: "Tokens of another digest are refused by 65, in words."
        case .refusesModel: "An adapter of another digest is refused by 66, in words."
        }
    }
}
