import JSONSchemas
import Nouns
import Testing

/// Schemas by which a value would be checked for ages are given up, and never taken for fitting.
struct SchemaBombTests {
    /// Each step asks two more of the same.
    @Test(arguments: ["allOf", "anyOf", "oneOf"]) func aSchemaThatAsksEverMoreIsGivenUp(word: String) throws {
        let schema = try JSONSchema([word: [["$ref": "#"], ["$ref": "#"]]])
        let faults = schema.faults(of: 1)
        #expect(faults.count == 1 && "\(faults[0])".contains("simpler"), "\(faults)")
    }

    @Test func whatWasGivenUpIsNotTakenForAnAnswer() throws {
        let schema = try JSONSchema([
            "$defs": ["a": ["allOf": [["$ref": "#/$defs/a"], ["$ref": "#/$defs/a"]]]], "not": ["$ref": "#/$defs/a"],
        ])
        #expect("\(schema.faults(of: 1))".contains("simpler"))
        let pattern: JSONValue = ["not": ["pattern": "(c|cc|c)+$x"]]
        #expect("\(try JSONSchema(pattern).faults(of: .string(String(repeating: "c", count: 60))))".contains("simpler"))
    }

    @Test func aNameThatTakesTooLongIsAFault() throws {
        let schema = try JSONSchema(["patternProperties": ["(d|dd|d)+$x": true]])
        let faults = schema.faults(of: .object([String(repeating: "d", count: 60): 1]))
        #expect(faults.count == 1 && "\(faults[0])".contains("simpler"), "\(faults)")
    }
}
