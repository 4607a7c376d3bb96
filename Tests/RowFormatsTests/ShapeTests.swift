import Nouns
import Testing

@testable import RowFormats

/// Every shape that people write, and what is wrong with rows of it.
struct ShapeTests {
    private func one(_ text: String, shape: RowShape? = nil) throws -> RowReader.Parsed {
        let reading = try Reading(text + "\n", shape: shape)
        return try #require(reading.rows.first, "\(reading.faults)").row
    }

    private func messages(_ content: RowContent) throws -> [Message] {
        guard case .chat(let messages, _) = content else { throw Failure(code: "test", "no conversation: \(content)") }
        return messages
    }

    @Test func mixedShapesInOneFile() throws {
        let reading = try Reading(
            """
            {"prompt": "q", "completion": "a", "source": "web"}
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
            {"instruction": "Add.", "input": "1 2", "output": "3"}
            {"instruction": "Speak.", "input": "", "output": "Hi"}
            {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}
            {"text": "Once upon a time"}
            {"prompt": "q", "chosen": "good", "rejected": "bad"}
            {"text": "I love it", "label": "positive"}
            {"text": "I love it", "label": 1}
            """)
        #expect(reading.faults.isEmpty)
        #expect(
            reading.rows.map(\.row.shape) == [
                .completion, .chat, .alpaca, .alpaca, .sharegpt, .text, .preference, .classification, .classification,
            ])
        #expect(reading.contents[2] == .completion(prompt: "Add.\n\n1 2", completion: "3"))
        #expect(reading.contents[3] == .completion(prompt: "Speak.", completion: "Hi"))
        #expect(
            reading.contents[4]
                == .chat(
                    messages: [Message(role: "user", content: "q"), Message(role: "assistant", content: "a")],
                    tools: nil))
        #expect(reading.contents[5] == .text("Once upon a time"))
        #expect(
            reading.contents[6]
                == .preference(
                    prompt: [Message(role: "user", content: "q")],
                    chosen: [Message(role: "assistant", content: "good")],
                    rejected: [Message(role: "assistant", content: "bad")]))
        #expect(reading.contents[7] == .completion(prompt: "I love it", completion: "positive"))
        #expect(reading.rows[7].row.label == "positive" && reading.rows[8].row.label == "1")
        #expect(reading.rows[0].row.fields == ["source": "web"])
    }

    @Test func conversationsKeepAllTheyHave() throws {
        let row = try one(
            """
            {"messages": [{"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": \
            "brief."}]}, \
            {"role": "user", "content": "Weather?", "name": "ann"}, \
            {"role": "assistant", "weight": 0, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": \
            "weather", "arguments": "{}"}}]}, \
            {"role": "tool", "tool_call_id": "c1", "content": "rain"}, {"role": "assistant", "content": "Rain.", \
            "weight": 1}], \
            "tools": [{"type": "function", "function": {"name": "weather"}}], "session_id": 7}
            """)
        let messages = try messages(row.content)
        #expect(messages.map(\.role) == ["developer", "user", "assistant", "tool", "assistant"])
        #expect(messages[0].content == "Be brief.")
        #expect(messages[1].name == "ann")
        #expect(
            messages[2].trained == false && messages[2].toolCalls?.arrayValue?.count == 1 && messages[2].content.isEmpty
        )
        #expect(messages[3].toolCallID == "c1")
        #expect(messages[4].trained == true)
        #expect(row.fields == ["session_id": 7])
        #expect(row.warnings.isEmpty)
    }

    @Test func otherWaysToWriteConversations() throws {
        let old = try one(
            """
            {\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \
            null, \"function_call\": {\"name\": \"f\", \"arguments\": \"{}\"}}]}
            """
        )
        #expect(try messages(old.content)[1].toolCalls?.arrayValue?.first?["function"]?["name"] == "f")
        let shared = try one(
            """
            {\"system\": \"S\", \"conversations\": [{\"from\": \"human\", \"value\": \"q\"}, {\"from\": \"gpt\", \
            \"value\": \"a\"}], \"tools\": \"[]\"}
            """
        )
        #expect(try messages(shared.content).map(\.role) == ["system", "user", "assistant"])
        let history = try one(
            "{\"instruction\": \"q2\", \"output\": \"a2\", \"system\": \"S\", \"history\": [[\"q1\", \"a1\"]]}")
        let turns = try messages(history.content)
        #expect(turns.map(\.content) == ["S", "q1", "a1", "q2", "a2"])
        #expect(turns.map(\.trained) == [nil, nil, false, nil, nil], "only the last answer is what the row teaches")
        let both = try one(
            """
            {\"prompt\": [{\"role\": \"user\", \"content\": \"q\"}], \"completion\": [{\"role\": \"assistant\", \
            \"content\": \"a\"}]}
            """
        )
        #expect(try messages(both.content).map(\.content) == ["q", "a"])
    }

    @Test func preferencesInEveryForm() throws {
        let wanted = RowContent.preference(
            prompt: [Message(role: "user", content: "q")], chosen: [Message(role: "assistant", content: "good")],
            rejected: [Message(role: "assistant", content: "bad")])
        for text in [
            "{\"prompt\": \"q\", \"chosen\": \"good\", \"rejected\": \"bad\"}",
            """
            {\"input\": {\"messages\": [{\"role\": \"user\", \"content\": \"q\"}]}, \"preferred_output\": \
            [{\"role\": \"assistant\", \"content\": \"good\"}], \"non_preferred_output\": [{\"role\": \
            \"assistant\", \"content\": \"bad\"}]}
            """,
            """
            {\"chosen\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \
            \"good\"}], \"rejected\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \
            \"content\": \"bad\"}]}
            """,
        ] { #expect(try one(text).content == wanted, "\(text)") }
        let tools = try one(
            """
            {\"input\": {\"messages\": [{\"role\": \"user\", \"content\": \"q\"}], \"tools\": [{\"name\": \
            \"search\"}]}, \"preferred_output\": \"good\", \"non_preferred_output\": \"bad\"}
            """
        )
        #expect(tools.fields == ["tools": #"[{"name": "search"}]"#], "nothing that was given is lost or written anew")
        #expect(
            try Reading("{\"prompt\": \"q\", \"chosen\": \"same\", \"rejected\": \"same\"}\n").faults == [
                "equal_answers /rejected"
            ])
        #expect(try Reading("{\"prompt\": \"q\", \"chosen\": \"good\"}\n").faults == ["missing_key /rejected"])
        #expect(try Reading("{\"chosen\": \"good\", \"rejected\": \"bad\"}\n").faults == ["empty_prompt /prompt"])
    }

    /// What makes a pair useless is said of its row.
    @Test(arguments: [
        (#"{"prompt": "q", "chosen": "", "rejected": "bad"}"#, ["empty_completion /chosen"]),
        (#"{"prompt": "q", "chosen": "good", "rejected": " "}"#, ["empty_completion /rejected"]),
        (#"{"prompt": "q", "chosen": "good", "rejected": "bad", "tools": "search"}"#, ["invalid_tools /tools"]),
        (
            #"""
            {"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "good"}], \#
            "rejected": [{"role": "user", "content": "other"}, {"role": "assistant", "content": "bad"}]}
            """#, ["empty_prompt /prompt"]
        ),
        (
            #"""
            {"prompt": "q", "chosen": [{"role": "assistant", "content": "good"}, {"role": "user", "content": "ok"}], \#
            "rejected": "bad"}
            """#, ["example_missing_assistant_message /chosen"]
        ),
        (
            #"""
            {"prompt": "q", "chosen": "good", \#
            "rejected": [{"role": "assistant", "content": "x"}, {"role": "tool", "content": "bad"}]}
            """#, ["example_missing_assistant_message /rejected"]
        ),
        (
            #"""
            {"input": {"messages": [{"role": "user", "content": "q"}], "tools": 5}, "preferred_output": "good", \#
            "non_preferred_output": "bad"}
            """#, ["invalid_tools /input/tools"]
        ),
    ])
    func faultsOfPairs(text: String, faults: [String]) throws {
        #expect(try Reading(text + "\n").faults == faults)
    }

    @Test func aShapeThatIsFixedRefusesOthers() throws {
        let text =
            "{\"prompt\": \"q\", \"completion\": \"a\"}\n{\"messages\": []}\n{\"text\": \"t\", \"label\": \"l\"}\n"
        #expect(try Reading(text, shape: .completion).faults == ["wrong_shape", "wrong_shape"])
        #expect(try one("{\"text\": \"t\", \"label\": \"l\"}", shape: .text).content == .text("t"))
        #expect(try one("{\"text\": \"t\", \"label\": \"l\"}", shape: .text).fields == ["label": "l"])
        #expect(try Reading("{\"text\": \"t\"}\n", shape: .classification).faults == ["missing_key /label"])
    }

    /// Every fault with its code and its place.
    @Test(arguments: [
        ("{\"prompt\": \"q\"", "invalid_json"),
        ("{\"prompt\": \"q\", \"prompt\": \"r\", \"completion\": \"a\"}", "duplicate_key /prompt"),
        ("{\"prompt\": \"\\ud800\", \"completion\": \"a\"}", "invalid_unicode /prompt"),
        ("[1]", "data_type"),
        ("{\"question\": \"q\", \"answer\": \"a\"}", "unknown_shape"),
        ("{\"prompt\": \"q\"}", "missing_key /completion"),
        ("{\"prompt\": 5, \"completion\": \"a\"}", "data_type /prompt"),
        ("{\"prompt\": \" \", \"completion\": \"a\"}", "empty_prompt /prompt"),
        ("{\"prompt\": \"q\", \"completion\": \" \\n\"}", "empty_completion /completion"),
        ("{\"text\": \"\"}", "empty_text /text"),
        ("{\"prompt\": \"q\\u0000\", \"completion\": \"a\"}", "control_character /prompt"),
        ("{\"prompt\": \"q\", \"completion\": \"a\\u001b[0m\"}", "control_character /completion"),
        ("{\"messages\": []}", "missing_messages_list /messages"),
        ("{\"messages\": \"hello\"}", "missing_messages_list /messages"),
        ("{\"messages\": [5]}", "data_type /messages/0"),
        (
            "{\"messages\": [{\"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}",
            "message_missing_key /messages/0/role"
        ),
        (
            """
            {\"messages\": [{\"role\": \"user\", \"content\": \"q\", \"mood/x\": 1}, {\"role\": \"assistant\", \
            \"content\": \"a\"}]}
            """,
            "message_unrecognized_key /messages/0/mood~1x"
        ),
        (
            """
            {\"messages\": [{\"role\": \"robot\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \
            \"a\"}]}
            """,
            "unrecognized_role /messages/0/role"
        ),
        (
            "{\"messages\": [{\"role\": \"user\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}",
            "missing_content /messages/0/content"
        ),
        (
            """
            {\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}, {\"role\": \
            \"assistant\", \"content\": \"a\"}]}
            """,
            "unsupported_content /messages/0/content/0"
        ),
        (
            """
            {\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \
            \"a\", \"weight\": 0.5}]}
            """,
            "invalid_weight /messages/1/weight"
        ),
        (
            """
            {\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \
            \"a\", \"weight\": 0}]}
            """,
            "example_missing_assistant_message /messages"
        ),
        ("{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}]}", "example_missing_assistant_message /messages"),
        (
            "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"\"}]}",
            "empty_completion /messages/1/content"
        ),
        (
            """
            {\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"tool_calls\": \
            [{\"id\": \"x\"}]}]}
            """,
            "invalid_tool_call /messages/1/tool_calls/0"
        ),
        (
            "{\"conversations\": [{\"from\": \"alien\", \"value\": \"q\"}, {\"from\": \"gpt\", \"value\": \"a\"}]}",
            "unrecognized_role /conversations/0/from"
        ),
    ]) func everyFaultHasItsCodeAndPlace(_ text: String, _ fault: String) throws {
        let reading = try Reading(text + "\n")
        #expect(reading.faults == [fault])
        #expect(reading.rows.isEmpty)
        #expect(
            reading.problems.allSatisfy {
                $0.fix?.isEmpty == false && ProblemCode(rawValue: $0.code) != nil && $0.line == 1
            })
    }

    @Test(arguments: [
        ("<|im_start|>", true), ("<|reserved_special_token_17|>", true), ("</s>", true), ("[INST]", true),
        ("<repo_name>", true), ("[gMASK]", true),
        ("<｜User｜>", true), ("< |im_start|>", false), ("<||>", false), ("[ok]", false), ("user", false), ("<b>", false),
        ("a < b", false),
    ]) func theControlTokensOfTheBaseAreTold(_ text: String, _ isToken: Bool) throws {
        let tokens = ControlTokens(of: ["<repo_name>", "<repo", "[gMASK]", "<｜User｜>", "user", "<b", " ", ""])
        let row = "{\"prompt\": \"say \(text) twice\", \"completion\": \"a\"}\n"
        let reading = try Reading(Array(row.utf8), controlTokens: tokens)
        let expected = isToken ? ["special_token /prompt"] : []
        #expect(reading.faults == expected)
        if text == "<repo_name>" {
            #expect(reading.problems.first?.message.contains("'<repo_name>'") == true, "the longest spelling is named")
        }
        #expect(reading.rows.count == 1, "a warning keeps the row")
    }

    @Test func oddThingsAreSaidAndTheRowIsKept() throws {
        let reading = try Reading(
            """
            {"prompt": "q <|im_end|>", "completion": "a"}
            {"prompt": "q \u{FFFD}", "completion": "a"}
            {"prompt": "q", "completion": "a", "id": 123456789012345678901234567890}
            {"messages": [{"role": "user", "content": "q"}, {"role": "tool", "tool_call_id": "no", "content": "r"}, \
            {"role": "assistant", "content": "a"}]}
            """)
        #expect(reading.rows.count == 4)
        #expect(
            reading.faults == [
                "special_token /prompt", "replacement_character /prompt", "number_too_large /id",
                "unknown_tool_call /messages/1/tool_call_id",
            ])
        #expect(reading.rows[2].row.fields == ["id": "123456789012345678901234567890"], "no digit is lost")
        #expect(reading.problems.allSatisfy { $0.severity == .warning })
    }

    /// However the same question was dropped before, it is known by one of the keys.
    @Test func aQuestionIsKnownInEachShape() {
        let question = [Message(role: "user", content: "What  is UP?")]
        let answer = [Message(role: "assistant", content: "x")]
        let text = RowContent.completion(prompt: "What is up?", completion: "x")
        for turns in [
            RowContent.chat(messages: question + answer, tools: nil),
            .preference(prompt: question, chosen: answer, rejected: answer),
        ] {
            #expect(RowIdentity.otherPromptKey(turns) == RowIdentity.promptKey(text))
            #expect(RowIdentity.otherPromptKey(text) == RowIdentity.promptKey(turns))
        }
        for other in [
            RowContent.text("a"), .chat(messages: question + answer + question + answer, tools: nil),
            .preference(prompt: answer, chosen: answer, rejected: answer), .chat(messages: answer, tools: nil),
        ] { #expect(RowIdentity.otherPromptKey(other) == nil) }
    }
}
