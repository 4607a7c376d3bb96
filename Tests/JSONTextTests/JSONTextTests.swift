import Foundation
import Nouns
import Testing

@testable import JSONText

/// The strict reader against Foundation's, and the fast writer against the canonical one.
struct JSONTextTests {
    @Test(arguments: [
        "{}", "[]", "\"\"", "0", "-0", "1.5e3", "true", "null", " [1 , 2.25,-3e-2] ", "{\"a\":{\"b\":[{}]}}",
        "\"\\u00e9\\n\\\\\\/\\ud83d\\ude00é😀\"",
        "9223372036854775807", "-9223372036854775808",
    ]) func agreesWithFoundation(_ text: String) throws {
        let wanted = try JSONDecoder().decode([JSONValue].self, from: Data("[\(text)]".utf8))
        #expect(try JSONText.parse(Array("[\(text)]".utf8)).value == .array(wanted))
    }

    @Test(arguments: [
        "", " ", "{", "[", "\"", "\"\\", "\"\\u12", "\"\\x\"", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "[1,]",
        "[1 2]", "01", "1.", ".5", "+1", "1e", "tru", "nul",
        "truex", "{} {}", "\"a\u{1}b\"", "\"\\udc00\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"", "NaN", "Infinity", "'a'",
        "-",
    ]) func refusesWhatIsNoJSON(_ text: String) {
        #expect(throws: JSONTextFault.self) { try JSONText.parse(Array(text.utf8)) }
    }

    @Test func pointsAtTheFault() throws {
        do throws(JSONTextFault) {
            _ = try JSONText.parse(Array("{\"a/b\": [1, {\"c\": 1, \"c\": 2}]}".utf8))
            Issue.record("was read")
        } catch {
            #expect(error.code == "duplicate_key")
            #expect(error.pointer == "/a~1b/1/c")
        }
    }

    @Test func depthIsLimited() {
        let deepest =
            String(repeating: "[", count: JSONText.maximumDepth) + String(repeating: "]", count: JSONText.maximumDepth)
        #expect(throws: Never.self) { try JSONText.parse(Array(deepest.utf8)) }
        #expect(throws: JSONTextFault.self) { try JSONText.parse(Array("[\(deepest)]".utf8)) }
    }

    @Test func bytesThatAreNoTextAreFound() {
        let cases: [([UInt8], Int?)] = [
            (Array("plain".utf8), nil), (Array("é€😀 and more text".utf8), nil), ([0x80], 0), ([0x41, 0xC3], 1),
            ([0xC0, 0xAF], 0), ([0xE0, 0x80, 0x80], 0),
            ([0xED, 0xA0, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0), (Array("12345678".utf8) + [0xFF], 8),
            ([0xF0, 0x9F, 0x98], 0),
        ]
        for (bytes, place) in cases {
            #expect(bytes.withUnsafeBufferPointer(UTF8Check.check).firstInvalid == place, "\(bytes)")
            #expect((String(validating: bytes, as: UTF8.self) == nil) == (place != nil))
        }
    }

    static let nasty = "a\"b\\c/d\n\t\r\u{8}\u{C}\u{0}\u{1F}\u{7F}é€😀\u{2028}"
    static let contents: [RowContent] = [
        .completion(prompt: nasty, completion: "a"), .text(nasty),
        .chat(messages: [Message(role: "user", content: nasty)], tools: nil),
        .chat(
            messages: [
                Message(
                    role: "assistant", content: "", name: "n",
                    toolCalls: [["id": "c", "function": ["name": "f", "arguments": "{}"]]], toolCallID: "t",
                    trained: false)
            ], tools: [["type": "function"]]),
        .preference(
            prompt: [Message(role: "user", content: "q")], chosen: [Message(role: "assistant", content: "a")],
            rejected: []),
    ]

    @Test(arguments: contents) func writesAsTheCanonicalEncoderDoes(_ content: RowContent) throws {
        #expect(
            String(decoding: try CanonicalJSON.content(content), as: UTF8.self)
                == String(decoding: try ContractCoding.encode(content), as: UTF8.self))
        for (label, fields, file) in [(nil, nil, nil), ("l\"", ["k": 1, "a": nil, "b": [1.5, "x"]], "dir/f.jsonl")]
            as [(String?, [String: JSONValue]?, String?)]
        {
            let row = Row(
                id: "1f", content: content, split: .gate, label: label, promptKey: "k", fields: fields, drop: "d-1",
                line: 12, file: file)
            let line = try CanonicalJSON.line(row)
            #expect(
                String(decoding: line, as: UTF8.self) == String(decoding: try ContractCoding.encode(row), as: UTF8.self)
                    + "\n")
            #expect(try line.withUnsafeBufferPointer { try RowLine.row($0) } == row)
        }
    }
}
