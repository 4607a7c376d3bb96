import Foundation
import JSONSchemas
import Nouns
import Testing

/// The validator says of every value what PyPI's jsonschema says (Tests/Fixtures/schemas, by
/// tools/make-schema-fixtures.py).
@Suite struct JSONSchemaTests {
    struct Cases: Decodable {
        struct Case: Decodable {
            var schema: JSONValue
            var valid: [Bool]
        }
        var values: [JSONValue]
        var cases: [Case]
    }

    static func cases() throws -> Cases {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/schemas/cases.json")
        return try JSONDecoder().decode(Cases.self, from: Data(contentsOf: path))
    }

    @Test func everyCaseIsJudgedAsByTheReference() throws {
        let cases = try Self.cases()
        #expect(cases.cases.count > 150)
        for item in cases.cases {
            let schema = try JSONSchema(item.schema)
            for (value, valid) in zip(cases.values, item.valid) {
                let faults = schema.faults(of: value)
                #expect(faults.isEmpty == valid, "\(item.schema) of \(value): \(faults)")
            }
        }
    }

    @Test func faultsNameThePlace() throws {
        let schema = try JSONSchema(text: #"{"properties": {"a": {"items": {"type": "integer"}}}, "required": ["b"]}"#)
        let faults = schema.faults(of: ["a": [1, "x"]])
        #expect(faults.map(\.pointer).sorted() == ["", "/a/1"])
        #expect(faults.contains { $0.description == "/a/1 is not integer" })
        #expect(schema.accepts(text: #" {"a": [1], "b": null} "#))
        #expect(!schema.accepts(text: "so: {}") && !schema.accepts(text: "{} {}"))
    }

    /// What is not understood is refused, rather than ignored.
    @Test(arguments: [
        ##"{"$dynamicRef": "#x"}"##, #"{"additionalItems": false}"#, #"{"type": "text"}"#, #"{"minLength": -1}"#,
        #"{"pattern": "("}"#,
        ##"{"$ref": "#/$defs/none"}"##, #"{"$ref": "https://example.org/x"}"#, #"{"items": [{}]}"#,
        #"{"required": "a"}"#, "7", "nonsense",
        #"{"multipleOf": 0}"#, #"{"anyOf": []}"#, #"{"properties": {"a": {"requried": ["b"]}}}"#,
    ])
    func badSchemasAreRefused(text: String) {
        #expect { try JSONSchema(text: text) } throws: { ($0 as? Failure)?.code == "schema.invalid" }
    }

    /// A schema that refers to itself without end fails, and ends.
    @Test func endlessReferencesEnd() throws {
        let schema = try JSONSchema(text: ##"{"$ref": "#"}"##)
        #expect(!schema.faults(of: 1).isEmpty)
        let tangled = try JSONSchema(
            text: ##"{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}"##)
        #expect(!tangled.faults(of: 1).isEmpty)
    }

    @Test func aPatternThatTakesTooLongIsAFault() throws {
        let schema = try JSONSchema(["type": "string", "pattern": "(b|bb|b)+$x"])
        for _ in 0..<200 {
            let faults = schema.faults(of: .string(String(repeating: "b", count: 60)))
            #expect(faults.count == 1 && "\(faults[0])".contains("simpler"), "\(faults)")
        }
    }
}
