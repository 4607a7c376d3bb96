import Foundation
import GoldenSets
import Nouns
import Testing

@Suite struct AssertionTests {
    static func assertion(_ json: String) throws -> Assertion {
        try Assertion(try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)))
    }

    @Test(arguments: [
        (#"{"exact": "billing"}"#, " billing\n", true), (#"{"exact": "billing"}"#, "Billing", false),
        (#"{"exact": "billing", "ignore_case": true}"#, "BILLING", true), (#"{"contains": "re"}"#, "a refund", true),
        (#"{"contains": "Re"}"#, "a refund", false),
        (#"{"contains": "Re", "ignore_case": true}"#, "a refund", true),
        (#"{"not_contains": "sorry"}"#, "I am sorry", false),
        (#"{"not_contains": "sorry"}"#, "here it is", true), (#"{"regex": "^\\d{3}$"}"#, "123", true),
        (#"{"regex": "^\\d{3}$"}"#, "1234", false),
        (#"{"regex": "ÄRGER", "ignore_case": true}"#, "kein ärger", true), (#"{"number": 42}"#, "It is 42.", true),
        (#"{"number": 42}"#, "It is 43.", false),
        (#"{"number": 0.3, "tolerance": 0.1}"#, "about .4", true),
        (#"{"number": 0.3, "tolerance": 0.1}"#, "about 0.41", false),
        (#"{"number": -1234.5}"#, "so -1,234.5 in all", true),
        (#"{"number": 100, "relative_tolerance": 0.05}"#, "1 of 105", true),
        (#"{"number": 100, "relative_tolerance": 0.05}"#, "106", false), (#"{"number": 1}"#, "none", false),
        (#"{"number": 2000000}"#, "2e6", true), (#"{"number": 12}"#, "10-12 days \u{1F44D}\u{1F3FD}", true),
        (#"{"number": -12}"#, "10 to -12", true), (#"{"number": -12}"#, "about \u{2212}12", true),
        (#"{"number": 5}"#, "section B-5", true), (#"{"contains": "\#u{1F44D}"}"#, "yes \u{1F44D}\u{1F3FD}", true),
        (#"{"exact": "e\#u{301}"}"#, "\u{E9}", false),
        (#"{"json_schema": {"type": "object", "required": ["a"]}}"#, #" {"a": 1} "#, true),
        (#"{"json_schema": {"type": "object"}}"#, "[1]", false),
        (#"{"json_schema": {"type": "object"}}"#, "{", false),
    ])
    func assertionsHoldOrSayWhyNot(json: String, answer: String, holds: Bool) throws {
        let objection = try Self.assertion(json).objection(to: answer)
        #expect((objection == nil) == holds, "\(json) of \(answer): \(objection ?? "holds")")
    }

    @Test(arguments: [
        #"{}"#, #"{"exact": "a", "contains": "b"}"#, #"{"contains": ""}"#, #"{"regex": "("}"#, #"{"number": "4"}"#,
        #"{"number": 4, "tolerance": -1}"#,
        #"{"exact": "a", "tolerance": 1}"#, #"{"json_schema": {"type": "txt"}}"#, #"{"equals": "a"}"#, #""a""#,
        #"{"number": 4, "ignore_case": true}"#,
    ])
    func badAssertionsAreRefused(json: String) { #expect(throws: Failure.self) { try Self.assertion(json) } }

    /// A pattern that would be tried for ages is given up, once, whatever answers follow; the place at fault is said.
    @Test func aPatternThatTakesTooLongIsGivenUp() throws {
        let assertion = try Self.assertion(#"{"regex": "(a|aa|a)+$x"}"#)
        let answer = String(repeating: "a", count: 60)
        for _ in 0..<200 {
            let reason = try #require(assertion.objection(to: answer))
            #expect(reason.contains("(a|aa|a)+$x") && reason.contains("simpler"), "\(reason)")
        }
        let long = try ContractCoding.encode(
            JSONValue.object(["regex": .string(String(repeating: "a", count: 10_001))]))
        let fault = #expect(throws: Failure.self) {
            try Self.assertion(String(decoding: long, as: UTF8.self))
        }
        #expect(fault?.code == "golden.assertion")
    }
}
