import Nouns
import Testing

@testable import RowFormats

/// Tools, calls, masks and thinking are taken out of every shape, or refused; none is passed over.
struct ToolRowTests {
    private func one(_ text: String) throws -> RowReader.Parsed {
        let reading = try Reading(text + "\n")
        return try #require(reading.rows.first, "\(reading.faults)").row
    }

    private func chat(_ text: String) throws -> (messages: [Message], tools: JSONValue?) {
        guard case .chat(let messages, let tools) = try one(text).content else {
            throw Failure(code: "test", "no conversation: \(text)")
        }
        return (messages, tools)
    }

    private static let tool = #"{"type": "function", "function": {"name": "f", "strict": true, "a": 2.0, "B": 1e3}}"#
    private static let turns =
        #"[{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]"#

    /// Order and spelling of schemas are those of the row, whatever the shape and however the list is given.
    @Test(arguments: [
        #""messages": \#(turns), "tools": [\#(tool)]"#,
        #""messages": \#(turns), "tools": "[\#(tool.replacing("\"", with: "\\\""))]""#,
        #"""
        "prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "a"}], \#
        "tools": [\#(tool)]
        """#,
        #""prompt": "q", "completion": "a", "tools": [\#(tool)]"#,
        #""instruction": "q", "output": "a", "tools": [\#(tool)]"#,
        #""conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}], "tools": [\#(tool)]"#,
        #""conversations": \#(turns), "tools": [\#(tool)]"#,
    ])
    func toolsAreTakenFromEveryShape(members: String) throws {
        let (messages, tools) = try chat("{\(members)}")
        #expect(messages.map(\.content) == ["q", "a"])
        #expect(tools == .string("[\(Self.tool)]"))
    }

    @Test func olderFunctionsAreTools() throws {
        let (messages, tools) = try chat(
            #"""
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, \#
            "function_call": {"name": "f", "arguments": "{\"b\": 1, \"a\": 2.0}"}}, {"role": "function", \#
            "name": "f", "content": "r"}, {"role": "assistant", "content": "a"}], \#
            "functions": [{"name": "f", "description": "d", "parameters": {"z": 1, "a": 2}}]}
            """#)
        #expect(
            tools
                == .string(
                    #"""
                    [{"type": "function", "function": {"name": "f", "description": "d", \#
                    "parameters": {"z": 1, "a": 2}}}]
                    """#
                ))
        let function = messages[1].toolCalls?.arrayValue?.first?["function"]
        #expect(function?["name"] == "f" && function?["arguments"] == .string(#"{"b": 1, "a": 2.0}"#))
        #expect(messages[2].role == "tool")
    }

    /// Arguments are kept as text in the row's own order and spelling, given as an object or as text.
    @Test(arguments: [
        #"{"number": "7", "carrier": "post", "weight_kg": 2.0}"#,
        #""{\"number\": \"7\", \"carrier\": \"post\", \"weight_kg\": 2.0}""#,
    ])
    func argumentsKeepOrderAndSpelling(arguments: String) throws {
        let (messages, _) = try chat(
            #"""
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [{"id": "c", \#
            "type": "function", "function": {"name": "f", "arguments": \#(arguments)}}]}]}
            """#)
        #expect(
            messages[1].toolCalls?.arrayValue?.first?["function"]?["arguments"]
                == .string(#"{"number": "7", "carrier": "post", "weight_kg": 2.0}"#))
    }

    @Test(arguments: [
        (#"{"prompt": "q", "completion": "a", "tools": [{"type": "function"}]}"#, "invalid_tools /tools"),
        (#"{"prompt": "q", "completion": "a", "tools": "[{"}"#, "invalid_tools /tools"),
        (#"{"prompt": "q", "completion": "a", "tools": {"name": "f"}}"#, "invalid_tools /tools"),
        (#"{"text": "t", "label": "x", "tools": [{"name": "f"}]}"#, "invalid_tools /tools"),
        (
            #"""
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", \#
            "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]}
            """#,
            "invalid_tool_call /messages/1/tool_calls/0"
        ),
        (
            #"""
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", \#
            "tool_calls": [{"function": {"name": "f", "arguments": [1]}}]}]}
            """#,
            "invalid_tool_call /messages/1/tool_calls/0"
        ),
        (
            #"{"conversations": [{"from": "human", "value": "q"}, {"from": "function_call", "value": "no JSON"}]}"#,
            "invalid_tool_call /conversations/1/value"
        ),
    ])
    func whatIsNoToolIsRefused(row: String, fault: String) throws {
        #expect(try Reading(row + "\n").faults.contains(fault))
    }

    @Test func callsOfShareGPTAreCalls() throws {
        let (messages, _) = try chat(
            #"""
            {"conversations": [{"from": "human", "value": "q"}, {"from": "function_call", \#
            "value": "{\"name\": \"f\", \"arguments\": {\"b\": 1, \"a\": 2}}"}, {"from": "observation", \#
            "value": "r"}, {"from": "gpt", "value": "a"}]}
            """#)
        let function = messages[1].toolCalls?.arrayValue?.first?["function"]
        #expect(messages[1].content.isEmpty && function?["arguments"] == .string(#"{"b": 1, "a": 2}"#))
        #expect(messages[2].role == "tool")
    }

    /// Every spelling of "do not learn this turn" in every shape that has turns.
    @Test(arguments: [
        #""train": false"#, #""weight": 0"#, #""weight": 0.0"#, #""loss": false"#, #""loss": 0"#, #""trained": false"#,
        #""loss_mask": 0"#, #""loss_scale": 0.0"#, #""weight": 1, "train": false"#,
    ])
    func maskedTurnsAreNotLearnt(mask: String) throws {
        for row in [
            #"""
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "no", \#
            \#(mask)}, {"role": "user", "content": "q2"}, {"role": "assistant", "content": "yes"}]}
            """#,
            #"""
            {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "no", \#(mask)}, \#
            {"from": "human", "value": "q2"}, {"from": "gpt", "value": "yes", "weight": 1}]}
            """#,
            #"""
            {"prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "assistant", \#
            "content": "no", \#(mask)}, {"role": "user", "content": "q2"}, {"role": "assistant", \#
            "content": "yes"}]}
            """#,
        ] {
            let messages = try chat(row).messages
            #expect(messages.map { $0.trained ?? ($0.role == "assistant") } == [false, false, false, true], "\(row)")
        }
    }

    @Test func masksThatMeanNeitherAreRefused() throws {
        for mask in [#""weight": 0.5"#, #""train": "yes""#, #""loss_scale": 2"#] {
            let row =
                #"{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a", \#(mask)}]}"#
            #expect(try Reading(row + "\n").codes == ["invalid_weight"], "\(mask)")
        }
        let asked =
            #"{"conversations": [{"from": "human", "value": "q", "train": true}, {"from": "gpt", "value": "a"}]}"#
        #expect(try Reading(asked + "\n").codes == ["invalid_weight"])
        let masked =
            #"""
            {"conversations": [{"from": "human", "value": "q", "train": false}, {"from": "gpt", \#
            "value": "a", "train": null}]}
            """#
        #expect(try Reading(masked + "\n").faults.isEmpty)
    }

    /// Rows of KTO: an answer that is not wanted is never learnt.
    @Test func unwantedAnswersAreLeftOut() throws {
        let reading = try Reading(
            #"""
            {"prompt": "q", "completion": "good", "label": true}
            {"prompt": "q", "completion": "bad", "label": false}

            """#)
        #expect(reading.contents == [.completion(prompt: "q", completion: "good")])
        #expect(reading.faults == ["unwanted_answer /label"])
    }

    /// What an API gives back has keys that hold nothing; thinking is kept apart.
    @Test func savedRepliesAreRead() throws {
        let (messages, _) = try chat(
            #"""
            {"messages": [{"role": "user", "content": "q", "name": null}, {"role": "assistant", \#
            "content": "a", "refusal": null, "annotations": [], "audio": null, "function_call": null, \#
            "tool_calls": [], "reasoning_content": "hm"}]}
            """#)
        #expect(messages[1] == Message(role: "assistant", content: "a", reasoning: "hm"))
        let cited =
            #"""
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", \#
            "annotations": [{"url": "x"}]}]}
            """#
        #expect(try Reading(cited + "\n").codes == ["message_unrecognized_key"])
    }

    /// Arrow fills the columns of other rows with null.
    @Test func nullIsAbsent() throws {
        let reading = try Reading(
            #"""
            {"messages": null, "instruction": null, "label": null, "prompt": "q", "completion": "a"}
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], \#
            "prompt": null, "completion": null}

            """#)
        #expect(reading.faults.isEmpty && reading.rows.map(\.row.shape) == [.completion, .chat])
    }

    /// Preferences whose answers begin with the prompt ask once, and transcripts are taken apart.
    @Test func promptsInsideAnswersCountOnce() throws {
        let rows = [
            #"""
            {"prompt": "q", "chosen": [{"role": "user", "content": "q"}, {"role": "assistant", \#
            "content": "a"}], "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", \#
            "content": "b"}]}
            """#,
            #"{"chosen": "\n\nHuman: q\n\nAssistant: a", "rejected": "\n\nHuman: q\n\nAssistant: b"}"#,
        ]
        for row in rows {
            #expect(
                try one(row).content
                    == .preference(
                        prompt: [Message(role: "user", content: "q")],
                        chosen: [Message(role: "assistant", content: "a")],
                        rejected: [Message(role: "assistant", content: "b")]))
        }
        let repeated =
            #"""
            {"prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "user", "content": "q"}, \#
            {"role": "assistant", "content": "a"}]}
            """#
        #expect(try chat(repeated).messages.map(\.content) == ["q", "a"])
    }

    @Test func answersMayRepeatTheirPrompt() throws {
        let reading = try Reading(#"{"prompt": "It is right.", "completion": "It is right."}"# + "\n")
        #expect(reading.rows.count == 1 && reading.codes == ["completion_equals_prompt"])
    }

    @Test func messagesSayWhatStandsWhere() throws {
        func first(_ row: String) throws -> RowProblem {
            let reading = try Reading(row + "\n")
            #expect(reading.problems.count == 1, "\(reading.problems.map(\.message))")
            return try #require(reading.problems.first)
        }
        let dolly = try first(#"{"instruction": "q", "context": "c", "response": "a"}"#)
        #expect(dolly.fix?.contains("output = \"response\"") == true)
        #expect(try first(#"{"text": "t", "label": 1.5}"#).code == "data_type")
        #expect(try Reading(#"{"text": "t", "label": 1.0}"# + "\n").rows.first?.row.label == "1")
        #expect(try first(#"{"prompt": "q", "score": NaN}"#).message.contains("NaN is no JSON: write null"))
        #expect(try first(#"{"prompt": "donâ€™t", "completion": "a"}"#).code == "mojibake")
        #expect(try Reading(#"{"prompt": "São NÃO àé €", "completion": "a"}"# + "\n").faults.isEmpty)
    }
}
