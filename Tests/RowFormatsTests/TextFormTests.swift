import Nouns
import Testing

@testable import RowFormats

/// Tables and lists as the programs of this world write them.
struct TextFormTests {
    private static let wanted: [RowContent] = [
        .completion(prompt: "q1", completion: "a1"), .completion(prompt: "q2", completion: "a2"),
    ]

    @Test(arguments: [
        "sep=;\nprompt;completion\nq1;a1\nq2;a2\n", "sep=;\r\nprompt;completion\r\nq1;a1\r\nq2;a2\r\n",
        "prompt|completion\nq1|a1\nq2|a2\n", "prompt,completion\rq1,a1\rq2,a2\r", "prompt,completion\rq1,a1\rq2,a2",
        "sep=,\rprompt,completion\rq1,a1\rq2,a2\r", "prompt,completion\nq1,a1\n,\n,\nq2,a2\n,\n",
        "prompt,completion,,\nq1,a1,,\nq2,a2,,\n", "\"Prompt\" , \"Completion\"\n\"q1\" , \"a1\"\nq2,a2\n",
        " Prompt ,COMPLETION\nq1,a1\nq2,a2\n", "prompt,completion\nq1,a1\n\u{FEFF}prompt,completion\nq2,a2\n",
        "\u{FEFF}prompt,completion\nq1,a1\nprompt,completion\nq2,a2\n", "\n,\nprompt,completion\nq1,a1\nq2,a2\n",
    ])
    func tables(text: String) throws {
        let reading = try Reading(text, "a.csv")
        #expect(reading.faults.isEmpty && reading.contents == Self.wanted, "\(reading.faults)")
    }

    @Test func aTableNeedsNoEndingWhereItsHeaderIsKnown() throws {
        let table = try Reading("Prompt,completion\nq1,a1\nq2,a2\n", "a.txt")
        #expect(table.contents == Self.wanted && table.format?.kind == .csv)
        #expect(try Reading("some text, and more of it\n", "a.txt").format?.kind == .jsonl)
    }

    @Test func conversationsInCells() throws {
        let cell = #""[{""role"": ""user"", ""content"": ""q1""}, {""role"": ""assistant"", ""content"": ""a1""}]""#
        let reading = try Reading("messages,source\n\(cell),web\n", "a.csv")
        #expect(
            reading.contents == [
                .chat(
                    messages: [Message(role: "user", content: "q1"), Message(role: "assistant", content: "a1")],
                    tools: nil)
            ], "\(reading.faults)")
    }

    @Test(arguments: [
        "{\n \"prompt\": \"q1\",\n \"completion\": \"a1\"\n}\n{\n \"prompt\": \"q2\",\n \"completion\": \"a2\"\n}",
        "{\"data\": [{\"prompt\": \"q1\", \"completion\": \"a1\"}, {\"prompt\": \"q2\", \"completion\": \"a2\"}]}\n",
        "{\"prompt\": \"q1\", \"completion\": \"a1\"}\r{\"prompt\": \"q2\", \"completion\": \"a2\"}\r",
        "{\"prompt\": \"q1\", \"completion\": \"a1\"}\n\u{FEFF}{\"prompt\": \"q2\", \"completion\": \"a2\"}\n",
        "{\n\"rows\": [\n{\"prompt\":\"q1\",\"completion\":\"a1\"},\n{\"prompt\":\"q2\",\"completion\":\"a2\"}\n]\n}",
    ])
    func objects(text: String) throws {
        for name in ["a.json", "a.jsonl"] {
            let reading = try Reading(text, name)
            #expect(reading.faults.isEmpty && reading.contents == Self.wanted, "\(name): \(reading.faults)")
        }
    }

    @Test func whatCannotBeTakenSaysWhy() throws {
        let hidden = try Reading(#"{"version": 1, "data": [{"prompt": "q", "completion": "a"}]}"# + "\n")
        #expect(hidden.problems.first?.fix?.contains("jq -c '.data[]'") == true)
        #expect(throws: Failure.self) {
            try Reading(#"{"train": [{"prompt": "q", "completion": "a"}], "test": []}"# + "\n", "a.json")
        }
        let odd = try Reading("question^answer\nq^a\n", "a.csv")
        #expect(odd.problems.first?.fix?.contains("commas, semicolons, tabs or bars") == true)
        let windows = try Reading(Array("prompt,completion\nI don".utf8) + [0x92] + Array("t,a\n".utf8), "a.csv")
        #expect(windows.problems.first?.fix?.contains("WINDOWS-1252") == true)
    }

    /// The colours of logs are refused, taken out or kept, as data.control_characters says.
    @Test(arguments: [
        (ControlCharacterAction.refuse, nil), (.strip, "red end\ttitle"),
        (.keep, "\u{1B}[1;31mred\u{1B}[0m\u{C} end\t\u{1B}]0;x\u{7}title"),
    ])
    func controlCharactersOfLogs(action: ControlCharacterAction, wanted: String?) throws {
        var reader = RowReader(controlCharacters: action)
        let row =
            #"{"prompt": "\u001b[1;31mred\u001b[0m\u000c end\t\u001b]0;x\u0007title", "completion": "a"}"#
        switch reader.read(Record(line: 1, body: .json(Array(row.utf8)))) {
        case .success(let parsed):
            #expect(parsed.content == .completion(prompt: try #require(wanted), completion: "a"))
        case .failure(let problems): #expect(wanted == nil && problems.list.map(\.code) == ["control_character"])
        }
    }

    @Test func namesOfOtherProgramsAreLeftAlone() {
        for name in [
            "a.jsonl.filepart", "a.jsonl.partial", "a.jsonl~", "#a.jsonl#", "a.download", "a.aria2", ".a.swp", "a.swp",
            "a.bak", "a.!ut", "a.opdownload", "a.TMP", "a.jsonl.sha256", "Thumbs.db", "desktop.ini", "~$a.csv",
            "lost+found", ".hidden", "a.part", "a.crdownload", "",
        ] {
            #expect(IgnoredNames.contains(Array(name.utf8)), "\(name)")
        }
        for name in ["a.jsonl", "tmp.jsonl", "part", "a.csv.gz", "data", "~a.jsonl", "#a.jsonl", "a.lockfile.json"] {
            #expect(!IgnoredNames.contains(Array(name.utf8)), "\(name)")
        }
    }
}
