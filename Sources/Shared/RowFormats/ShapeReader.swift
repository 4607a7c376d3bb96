import Foundation
import Nouns

/// Reads one row as a given shape, collecting every fault rather than stopping at the first.
struct ShapeReader {
    let row: [String: JSONValue]
    let line: Int
    var problems: RowProblems
    /// The class that the row names.
    var label: String?
    /// The tools of a preference row, as JSON text.
    var tools: JSONValue?

    private let controlTokens: ControlTokens
    /// Whether a control character is a fault.
    var refusesControlCharacters = true
    /// What the row's values are written as, order and spelling kept.
    let source: RowSource

    init(
        row: [String: JSONValue], line: Int, problems: RowProblems, controlTokens: ControlTokens, source: RowSource
    ) {
        self.row = row
        self.controlTokens = controlTokens
        self.source = source
        self.line = line
        self.problems = problems
    }

    /// The row's content; nil where it has faults.
    mutating func content(_ shape: RowShape) -> RowContent? {
        let content: RowContent? =
            switch shape {
            case .completion: completion()
            case .chat: chat()
            case .alpaca: alpaca()
            case .sharegpt: sharegpt()
            case .text: text()
            case .preference: preference()
            case .classification: classification()
            }
        let whole = content.flatMap { shape == .preference ? $0 : withTools($0) }
        return problems.hasErrors ? nil : whole
    }

    // MARK: Shapes of plain text

    private mutating func completion() -> RowContent? {
        // The conversational form has messages on both sides.
        if row["prompt"]?.arrayValue != nil || row["completion"]?.arrayValue != nil {
            let prompt = side("prompt", role: "user", trained: false)
            let answer = side("completion", role: "assistant", trained: nil)
            guard let prompt, let answer else { return nil }
            return conversation(prompt + withoutPrompt(answer, prompt), at: "/completion")
        }
        guard let prompt = required("prompt"), let completion = required("completion") else { return nil }
        // KTO's rows say of each answer whether it is wanted.
        if case .bool(false)? = row["label"] {
            problems.add(
                line, .unwantedAnswer, "The label says that this answer is not wanted.",
                "Leave it out, or pair it with a wanted one: {\"prompt\": …, \"chosen\": …, \"rejected\": …}.", "/label"
            )
        }
        return pair(prompt, completion, "/prompt", "/completion")
    }

    private mutating func alpaca() -> RowContent? {
        guard let instruction = required("instruction"), let output = required("output") else { return nil }
        let input = optional("input") ?? ""
        let prompt = input.allSatisfy(\.isWhitespace) ? instruction : instruction + "\n\n" + input
        let system = optional("system") ?? ""
        var earlier: [Message] = []
        for (index, turn) in (row["history"]?.arrayValue ?? []).enumerated() {
            guard let pair = turn.arrayValue, pair.count == 2, let question = pair[0].stringValue,
                let answer = pair[1].stringValue
            else {
                problems.add(
                    line, .dataType, "A turn of 'history' is no pair of texts.", "Write [question, answer].",
                    "/history/\(index)")
                continue
            }
            earlier += [
                Message(role: "user", content: question), Message(role: "assistant", content: answer, trained: false),
            ]
        }
        guard !system.isEmpty || !earlier.isEmpty else { return pair(prompt, output, "/instruction", "/output") }
        inspect(prompt, "/instruction")
        inspect(output, "/output")
        let first = system.isEmpty ? [] : [Message(role: "system", content: system)]
        return conversation(
            first + earlier + [Message(role: "user", content: prompt), Message(role: "assistant", content: output)],
            at: "/output")
    }

    private mutating func text() -> RowContent? {
        guard let text = required("text") else { return nil }
        if text.allSatisfy(\.isWhitespace) {
            problems.add(line, .emptyText, "The text is empty.", "Remove the row.", "/text")
        }
        inspect(text, "/text")
        return .text(text)
    }

    private mutating func classification() -> RowContent? {
        guard let text = required("text") else { return nil }
        let label: String?
        switch row["label"] {
        case .string(let text)?: label = text
        case .integer(let number)?: label = String(number)
        case .bool(let flag)?: label = flag ? "true" : "false"
        case nil: label = nil
        case let other?:
            problems.add(
                line, .dataType, "'label' is \(RowReader.kind(other)), not a class.", "Write its name as a text.",
                "/label")
            return nil
        }
        guard let label else {
            problems.add(line, .missingKey, "The key 'label' is missing.", "Add it.", "/label")
            return nil
        }
        self.label = label.trimmingSpaces
        return pair(text, label, "/text", "/label")
    }

    private mutating func pair(_ prompt: String, _ completion: String, _ promptPointer: String, _ pointer: String)
        -> RowContent
    {
        if prompt.allSatisfy(\.isWhitespace) {
            problems.add(line, .emptyPrompt, "The prompt is empty.", "Ask something.", promptPointer)
        }
        if completion.allSatisfy(\.isWhitespace) {
            problems.add(
                line, .emptyCompletion, "The answer is empty: there is nothing to learn.", "Write the wanted answer.",
                pointer)
        } else if completion == prompt {
            problems.add(
                line, .completionEqualsPrompt, "The answer repeats the prompt.",
                "Write the wanted answer, unless nothing is to be changed here.", pointer)
        }
        inspect(prompt, promptPointer)
        inspect(completion, pointer)
        return .completion(prompt: prompt, completion: completion)
    }

    // MARK: Values

    /// The text of a key that must be there.
    mutating func required(_ key: String) -> String? {
        switch row[key] {
        case .string(let text)?: return text
        case nil, .null?:
            let stand = Self.otherNames[key]?.first { row[$0] != nil }
            problems.add(
                line, .missingKey, "The key '\(key)' is missing.",
                stand.map { "'\($0)' seems to stand where it should: set data.columns = { \(key) = \"\($0)\" }." }
                    ?? "Add it.", "/\(key)")
        case let other?:
            problems.add(
                line, .dataType, "'\(key)' is \(RowReader.kind(other)), not a text.", "Put it in quotes.", "/\(key)")
        }
        return nil
    }

    /// What others call the keys of the shapes.
    private static let otherNames = [
        "output": ["response", "answer", "completion", "target"],
        "completion": ["response", "answer", "output", "target"],
        "prompt": ["question", "instruction", "query", "input"], "instruction": ["prompt", "question", "query"],
        "text": ["content", "document"], "label": ["class", "category", "target"],
    ]

    /// The names of a row that most likely mean its prompt and its completion; nil where they do not say.
    static func likelyNames(_ names: some Collection<String>) -> (prompt: String, completion: String)? {
        let names = names.sorted()
        func one(_ key: String) -> String? {
            ([key] + (otherNames[key] ?? [])).lazy.compactMap { word in names.first { $0.lowercased() == word } }.first
        }
        guard let prompt = one("prompt"), let completion = one("completion") else { return nil }
        return (prompt, completion)
    }

    /// The text of a key that may be absent or null.
    mutating func optional(_ key: String) -> String? {
        switch row[key] {
        case .string(let text)?: return text
        case nil, .null?: return nil
        case let other?:
            problems.add(
                line, .dataType, "'\(key)' is \(RowReader.kind(other)), not a text.", "Put it in quotes.", "/\(key)")
            return nil
        }
    }

    /// Looks for what should not be in a text.
    mutating func inspect(_ text: String, _ pointer: String) {
        let finding = TextInspection(text, controlTokens)
        if let control = finding.control, refusesControlCharacters {
            problems.add(
                line, .controlCharacter, "The text holds the control character U+\(String(format: "%04X", control)).",
                "Remove it, or set data.control_characters to \"strip\" or \"keep\".", pointer)
        }
        if let token = finding.specialToken {
            problems.add(
                line, .specialToken, "The text spells the control token '\(token)'; it will be trained as plain text.",
                "Remove it, if it was left over from a template.",
                pointer)
        }
        if finding.isMojibake {
            problems.add(
                line, .mojibake, "The text looks like UTF-8 that was read as Windows-1252, such as Ã© for é.",
                "Read the source as UTF-8 and write it again.", pointer)
        }
        if finding.hasReplacement {
            problems.add(
                line, .replacementCharacter, "The text holds U+FFFD, where an earlier conversion lost a character.",
                "Convert the source again, as UTF-8.", pointer)
        }
    }
}
