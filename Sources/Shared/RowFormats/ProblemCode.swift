import Nouns

/// Every fault that a row can have. The raw values are stable: they are in reports, and programs look for them.
package enum ProblemCode: String, CaseIterable, Sendable {
    // The bytes
    case lineTooLong = "line_too_long"
    case invalidUTF8 = "invalid_utf8"
    case mixedEncoding = "mixed_encoding"
    case replacementCharacter = "replacement_character"
    case controlCharacter = "control_character"
    // JSON
    case invalidJSON = "invalid_json"
    case duplicateKey = "duplicate_key"
    case nestedTooDeep = "nested_too_deep"
    case invalidUnicode = "invalid_unicode"
    case numberTooLarge = "number_too_large"
    case dataType = "data_type"
    // Tables
    case columnCount = "column_count"
    case unclosedQuote = "unclosed_quote"
    case strayQuote = "stray_quote"
    // Shapes
    case unknownShape = "unknown_shape"
    case wrongShape = "wrong_shape"
    case missingKey = "missing_key"
    case emptyPrompt = "empty_prompt"
    case emptyCompletion = "empty_completion"
    case completionEqualsPrompt = "completion_equals_prompt"
    case emptyText = "empty_text"
    case equalAnswers = "equal_answers"
    // Conversations
    case missingMessagesList = "missing_messages_list"
    case messageMissingKey = "message_missing_key"
    case messageUnrecognizedKey = "message_unrecognized_key"
    case unrecognizedRole = "unrecognized_role"
    case missingContent = "missing_content"
    case unsupportedContent = "unsupported_content"
    case invalidWeight = "invalid_weight"
    case invalidToolCall = "invalid_tool_call"
    case unknownToolCall = "unknown_tool_call"
    case exampleMissingAssistantMessage = "example_missing_assistant_message"
    case specialToken = "special_token"
    case invalidTools = "invalid_tools"
    case unwantedAnswer = "unwanted_answer"
    case mojibake
    // Tokens
    case tooLong = "too_long"
    case noTrainableToken = "no_trainable_token"
    case templateRefuses = "template_refuses"
    case answerTooLong = "answer_too_long"
    // The file
    case fewerThan10Examples = "fewer_than_10_examples"
    case fileIgnored = "file_ignored"
    case notAFile = "not_a_file"

    /// Whether a row with this fault is left out.
    package var severity: RowProblem.Severity {
        switch self {
        case .replacementCharacter, .numberTooLarge, .unknownToolCall, .specialToken, .fewerThan10Examples,
            .fileIgnored, .completionEqualsPrompt, .mojibake, .answerTooLong:
            .warning
        default: .error
        }
    }

    /// What it means, for the documentation.
    package var meaning: String {
        switch self {
        case .lineTooLong: "The row takes more than 16 MiB."
        case .invalidUTF8: "Bytes that are not UTF-8."
        case .mixedEncoding:
            "Bytes that are not UTF-8, in a file that has UTF-8 characters too: two encodings were put together."
        case .replacementCharacter: "The row holds U+FFFD, which stands where an earlier conversion lost a character."
        case .controlCharacter: "A NUL or another control character that is no tab and no line end."
        case .invalidJSON: "The row is not JSON."
        case .duplicateKey: "One object has the same key twice, so that one of the values would be lost."
        case .nestedTooDeep: "Objects and lists are nested more than 128 deep."
        case .invalidUnicode: "A \\u escape is half of a surrogate pair."
        case .numberTooLarge: "A number needs more than 64 bits; it is kept as a text with all its digits."
        case .dataType: "A value has the wrong type, such as a number where text is needed."
        case .columnCount: "A row of a table has more or fewer cells than the header."
        case .unclosedQuote: "A quote in a table is never closed."
        case .strayQuote: "Text follows a closing quote in a table."
        case .unknownShape: "The row's keys fit no shape that is known."
        case .wrongShape: "The row has another shape than data.shape asks for."
        case .missingKey: "A key of the shape is missing."
        case .emptyPrompt: "The prompt is empty."
        case .emptyCompletion: "The answer is empty: there is nothing to learn."
        case .completionEqualsPrompt: "The answer repeats the prompt."
        case .emptyText: "The text is empty."
        case .equalAnswers: "The preferred and the rejected answer are the same."
        case .missingMessagesList: "The list of messages is missing, empty or no list."
        case .messageMissingKey: "A message has no role."
        case .messageUnrecognizedKey: "A message has a key that is not known."
        case .unrecognizedRole: "A role is not system, developer, user, assistant or tool."
        case .missingContent: "A message has no content."
        case .unsupportedContent: "A content part is not text."
        case .invalidWeight:
            "A mask of a turn (weight, train, loss) is neither on nor off, or turns on what no assistant says."
        case .invalidToolCall: "A tool call is no list of functions with a name and arguments."
        case .unknownToolCall: "A tool message answers a call that was not made before."
        case .exampleMissingAssistantMessage: "No assistant message is to be learnt."
        case .specialToken:
            "The text spells a control token such as <|im_end|>; it is trained as plain text, never as the token."
        case .invalidTools: "Tools are no list of functions with names, or stand beside text that asks nothing."
        case .unwantedAnswer: "The row says by label that its answer is not wanted, so there is nothing to learn."
        case .mojibake: "UTF-8 was read as Windows-1252 once, so that é became Ã©."
        case .tooLong: "The row is longer than recipe.max_length, and data.truncate is false."
        case .noTrainableToken: "Cut to recipe.max_length, no token is left to learn from."
        case .templateRefuses: "The base model's chat template cannot write the row."
        case .answerTooLong:
            "The wanted answer is longer than gates.max_new_tokens, so that no model can be right on it."
        case .fewerThan10Examples:
            "The file has fewer than 10 usable rows; 10 are the least for a first run, 50 and more are advised."
        case .fileIgnored: "A file of a dropped folder was not read, since its name has no ending of a data file."
        case .notAFile: "An entry of a dropped folder is a link, a pipe, a socket or a device, and is never opened."
        }
    }

    /// The table of all codes, as in docs/data.md.
    package static var table: String {
        "| code | severity | meaning |\n|---|---|---|\n"
            + allCases.map {
                "| `\($0.rawValue)` | \($0.severity.rawValue) | \($0.meaning.replacing("|", with: "\\|")) |\n"
            }.joined()
    }
}
