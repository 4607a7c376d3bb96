import Foundation
import Nouns
import Testing

@testable import Inference

/// What may be written under a schema, byte by byte.
struct JSONMachineTests {
    /// Whether `text` is a whole value of `schema`.
    func accepts(_ schema: Schema, _ text: String) -> Bool {
        var machines = [JSONMachine(schema.root)]
        for byte in text.utf8 { machines = machines.flatMap { $0.taking(byte) } }
        return machines.contains(where: \.isComplete)
    }

    func schema(_ text: String) throws -> Schema {
        try SchemaReader.read(ContractCoding.decode(JSONValue.self, from: Data(text.utf8)))
    }

    static let cases: [(schema: String, good: [String], bad: [String])] = [
        (
            #"{"type": "object"}"#,
            [#"{}"#, #"{"a": [1, -2.5e+3, {"b": null}], "c": "é\u00e9\n😀"} "#, "{ \"a\" :\ttrue }"],
            ["[]", "{", #"{"a" 1}"#, #"{"a": 01}"#, #"{"a": 1,}"#, #"{"a": "\x"}"#, "{} x", #"{"a":1,"a":2}"#]
        ),
        (
            """
            {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}, "age": {"type": "integer"}},
             "required": ["name", "age"], "additionalProperties": false}
            """,
            [#"{"name": "abc", "age": 3}"#, #"{"age": -3, "name": "\u0061"}"#],
            [
                #"{"name": "abcd", "age": 3}"#, #"{"name": "a"}"#, #"{"name": "a", "age": 1.5}"#,
                #"{"name": "a", "age": 1, "x": 1}"#, #"{"name": 1, "age": 1}"#,
            ]
        ),
        (
            #"{"enum": ["red", "blue", "grün", 7, null]}"#,
            [#""red""#, #""gr\u00FCn""#, #""grün""#, "7", "null", #""\u0072ed""#],
            [#""re""#, #""reds""#, "8", "77", "true", #""\u0073"#]
        ),
        (
            """
            {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"const": "x"}]}, "minItems": 1,
             "maxItems": 3}
            """,
            ["[1]", #"[ "x" , 2, 3 ]"#], ["[]", "[1,2,3,4]", #"["y"]"#, "[1 2]", "[1.5]"]
        ),
        (
            """
            {"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "additionalProperties": false,
             "properties": {"left": {"$ref": "#/$defs/tree"}, "v": {"type": "number"}}, "required": ["v"]}}}
            """,
            [#"{"v": 1}"#, #"{"left": {"left": {"v": 1}, "v": 2}, "v": 3}"#], [#"{"left": {"v": 1}}"#, #"{"v": "1"}"#]
        ),
        (#"{"const": {"a": [1, "b"], "c": true}}"#, [#"{"c": true, "a": [1, "b"]}"#], [#"{"a": [1, "b"]}"#]),
        (#"{"type": ["string", "null"], "minLength": 2}"#, [#""ab""#, "null"], [#""a""#, "1"]),
    ]

    @Test(arguments: cases.indices)
    func takesWhatFitsAndNothingElse(index: Int) throws {
        let (text, good, bad) = Self.cases[index]
        let schema = try schema(text)
        for text in good { #expect(accepts(schema, text), "\(text)") }
        for text in bad { #expect(!accepts(schema, text), "\(text)") }
    }

    @Test func whiteSpaceEnds() throws {
        let schema = try schema("{}")
        #expect(accepts(schema, String(repeating: " ", count: 64) + "1"))
        #expect(!accepts(schema, String(repeating: " ", count: 65) + "1"))
        #expect(accepts(schema, "[1," + String(repeating: "\n", count: 64) + "2]"))
    }

    @Test(arguments: [
        (#"{"type": "string", "pattern": "a+"}"#, "pattern"), (#"{"oneOf": []}"#, "oneOf"),
        (#"{"properties": {"a": {"minimum": 3}}}"#, "minimum"), (#"{"type": "strang"}"#, "type"),
        (##"{"$ref": "#/nowhere"}"##, "#/nowhere"), (#"{"enum": []}"#, "enum"), (#"{"flavour": 1}"#, "flavour"),
    ])
    func whatCannotBeHeldIsRefusedByName(text: String, name: String) {
        let failure = #expect(throws: Failure.self) { try schema(text) }
        #expect(failure?.code == "request.schema")
        #expect(failure?.message.contains(name) == true)
    }

    @Test(arguments: [
        """
        {"$ref": "#/$defs/a",
         "$defs": {"a": {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "required": ["a"]}}}
        """,
        #"{"type": "array", "minItems": 2, "maxItems": 1}"#,
        #"{"type": "object", "required": ["x"], "additionalProperties": false}"#,
    ])
    func whatNothingFitsIsRefused(text: String) {
        let failure = #expect(throws: Failure.self) { try schema(text) }
        #expect(failure?.message.contains("nothing fits") == true)
    }

    /// From every place that can be reached some byte goes on, or the value is whole: no answer gets stuck.
    @Test(arguments: cases.indices)
    func nothingGetsStuck(index: Int) throws {
        let schema = try schema(Self.cases[index].schema)
        var state: UInt64 = UInt64(index) + 1
        for _ in 0..<60 {
            var machines = [JSONMachine(schema.root)]
            var text: [UInt8] = []
            for _ in 0..<80 {
                let next = (UInt8(1)...255).filter { byte in machines.contains { !$0.taking(byte).isEmpty } }
                guard !next.isEmpty else {
                    let isComplete = machines.contains { $0.isComplete }
                    #expect(isComplete, "stuck after \(String(decoding: text, as: UTF8.self))")
                    break
                }
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let byte = next[Int(state >> 33) % next.count]
                text.append(byte)
                machines = machines.flatMap { $0.taking(byte) }
            }
        }
    }
}
