import ControlProtocol
import Foundation
import Nouns
import TestSupport
import Testing

struct APIPageTests {
    @Test func thePagesSayWhatTheTableSays() throws {
        for (name, text) in [("api.md", APIPage.text), ("openapi.json", try OpenAPIPage.text())] {
            let path = TestSupport.repository + "/docs/" + name
            if Golden.isRewriting { try text.write(toFile: path, atomically: true, encoding: .utf8) }
            let page = try String(contentsOfFile: path, encoding: .utf8)
            #expect(page == text, "docs/\(name) is out of date: FINETUNED_REGENERATE=1 make test writes it anew")
        }
    }

    @Test func theFieldsOfABodyAreThoseThatItReads() {
        #expect(
            BodyField.all(of: RunRequest.self) == [
                BodyField(name: "mode", kind: .choice(["continue", "stack", "from-base"]), isRequired: false),
                BodyField(name: "reason", kind: .text, isRequired: false),
                BodyField(name: "engine", kind: .text, isRequired: false),
            ])
        #expect(
            BodyField.all(of: GenerateRequest.self) == [
                BodyField(name: "prompts", kind: .list, isRequired: true),
                BodyField(name: "useBase", kind: .truth, isRequired: true),
                BodyField(name: "maxNewTokens", kind: .whole, isRequired: true),
                BodyField(name: "temperature", kind: .number, isRequired: true),
                BodyField(name: "model", kind: .text, isRequired: false),
                BodyField(name: "seed", kind: .whole, isRequired: false),
            ])
        #expect(BodyField.all(of: AnnotateRequest.self).map(\.kind) == [.text, .table])
    }

    @Test func everyReferenceOfTheDescriptionIsThere() throws {
        let document = try ContractCoding.decode(JSONValue.self, from: Data(try OpenAPIPage.text().utf8))
        let schemas = Set(document["components"]?["schemas"]?.objectValue?.keys.map { $0 } ?? [])
        func references(_ value: JSONValue) -> [String] {
            switch value {
            case .object(let members):
                (members["$ref"]?.stringValue.map { [$0] } ?? []) + members.values.flatMap(references)
            case .array(let values): values.flatMap(references)
            default: []
            }
        }
        let named = Set(references(document).compactMap { $0.split(separator: "/").last.map(String.init) })
        #expect(named == schemas)
        #expect(document["paths"]?.objectValue?.count == Set(ControlAPITable.all.map(\.path)).count)
    }
}
