import Foundation
import GoldenSets
import Nouns
import TestSupport
import Testing

@Suite struct GoldenSetTests {
    /// A folder with one golden set of these lines.
    static func read(_ lines: [String], name: String = "facts.jsonl") throws -> (sets: [GoldenSet], problems: [Failure])
    {
        let folder = NSTemporaryDirectory() + "golden-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: folder + "/" + name))
        return GoldenSet.read(folder: folder)
    }

    @Test func rowsAreReadWithWhatTheyAsk() throws {
        let (sets, problems) = try Self.read([
            #"{"prompt": "2+2?", "assert": {"number": 4}}"#, "",
            #"{"prompt": "Capital of France?", "completion": "Paris", "required": false, "name": "paris", "#
                + #""team": "x"}"#,
            #"{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}], "#
                + #""assert": [{"regex": "(?i)hello"}, {"not_contains": "!"}]}"#,
            #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}"#,
        ])
        #expect(problems.isEmpty, "\(problems)")
        let set = try #require(sets.first)
        #expect(set.name == "golden-facts" && set.rows.count == 4)
        #expect(set.rows.map(\.isRequired) == [true, false, true, true])
        #expect(set.rows[0].name == "facts.jsonl:1" && set.rows[1].name == "paris")
        #expect(set.rows[0].objections(to: "4").isEmpty && !set.rows[0].objections(to: "5").isEmpty)
        #expect(set.rows[1].objections(to: "Paris").isEmpty && set.rows[1].row.fields?["team"] == "x")
        #expect(
            set.rows[2].question.map(\.role) == ["system", "user"] && set.rows[2].objections(to: "hey!").count == 2)
        #expect(set.rows[3].question.count == 1 && set.rows[3].objections(to: "Hello").isEmpty)
        // What a worker reads carries the assertions, so that a record says by itself what was asked.
        let lines = try set.canonical().split(separator: 10)
        let row = try ContractCoding.decode(Row.self, from: Data(lines[0]))
        let record = ExampleRecord(
            row: row.id, set: "golden-facts", lossSum: 0, tokens: 0, correctTokens: 0, bytes: 0, promptTokens: 1,
            prompt: "", reference: "", output: "4",
            fields: row.fields)
        #expect(GoldenRow.assertions(of: record)?.first?.objection(to: "4") == nil)
        #expect(GoldenRow.isRequired(record) && GoldenRow.name(of: record) == "facts.jsonl:1")
    }

    @Test(arguments: [
        (#"{"prompt": "x"}"#, "neither 'assert' nor"), (#"{"prompt": "x", "assert": []}"#, "empty list"),
        (#"{"assert": [{"exact": "a"}]}"#, "exactly one of"),
        (#"{"prompt": "x", "messages": [], "assert": [{"exact": "a"}]}"#, "exactly one of"), ("nonsense", "not JSON"),
        ("7", "not an object"),
        (#"{"prompt": "x", "completion": 3}"#, "not a text"),
        (#"{"prompt": "x", "completion": "y", "required": "no"}"#, "neither true nor false"),
        (#"{"prompt": " ", "completion": "y"}"#, "empty"),
        (#"{"messages": [{"role": 3}], "completion": "y"}"#, "/messages/0"),
        (#"{"prompt": "x", "prompt": "y", "completion": "z"}"#, "occurs twice"),
        (#"{"prompt": "x", "assert": {"exat": "y"}}"#, "exactly one of"),
    ])
    func faultsNameFileAndLine(line: String, message: String) throws {
        let (sets, problems) = try Self.read([#"{"prompt": "ok", "completion": "ok"}"#, line])
        #expect(sets.isEmpty, "a set with a fault is no gate")
        #expect(problems.count == 1 && problems[0].description.contains(message), "\(problems)")
        #expect(problems[0].place?.contains("/facts.jsonl:2") == true)
    }

    /// What is good to train on is good to test with.
    @Test(arguments: [
        #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}]}], "completion": "a"}"#,
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "completion": null}"#,
        "\u{FEFF}" + #"{"prompt": "q", "completion": "a", "messages": null, "note": 1}"#,
        #"{"prompt": [{"role": "user", "content": "q"}], "completion": "a"}"#,
        #"{"messages": [{"role": "developer", "content": "q"}, {"role": "assistant", "content": "a", "audio": null}]}"#,
    ])
    func rowsAreReadAsTrainingRowsAre(line: String) throws {
        let (sets, problems) = try Self.read([line])
        #expect(problems.isEmpty, "\(problems)")
        let row = try #require(sets.first?.rows.first)
        #expect(row.question.map(\.content) == ["q"] && row.objections(to: "a").isEmpty && row.wantedBytes == 1)
    }

    @Test func callsAndToolsOfGoldenRowsAreKept() throws {
        let line = #"""
            {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "tool_calls": \#
            [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"b\": 1, \"a\": 2.0}"}}]}, \#
            {"role": "tool", "tool_call_id": "c", "content": "r"}], "tools": [{"function": {"name": "f"}}], \#
            "assert": {"contains": "r"}}
            """#
        let (sets, problems) = try Self.read([line])
        #expect(problems.isEmpty, "\(problems)")
        guard case .chat(let messages, let tools)? = sets.first?.rows.first?.row.content else {
            Issue.record("no conversation")
            return
        }
        #expect(messages.map(\.trained) == [false, false, false, true] && messages[3].content.isEmpty)
        #expect(
            messages[1].toolCalls?.arrayValue?.first?["function"]?["arguments"] == .string(#"{"b": 1, "a": 2.0}"#))
        #expect(tools == .string(#"[{"function": {"name": "f"}}]"#))
    }

    @Test func emptyFilesTwinsAndBadNamesAreFaults() throws {
        #expect(try Self.read(["", " "]).problems.map(\.code) == ["golden.empty"])
        let row = #"{"prompt": "x", "completion": "y"}"#
        #expect(try Self.read([row, row]).problems.map(\.code) == ["golden.twice"])
        #expect(try Self.read([row], name: "a b.jsonl").problems.map(\.code) == ["golden.name"])
        #expect(try Self.read([row], name: "notes.txt").sets.isEmpty)
        let none = GoldenSet.read(folder: "/nonexistent/golden")
        #expect(none.sets.isEmpty && none.problems.isEmpty)
    }
}
