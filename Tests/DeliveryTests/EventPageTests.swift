import Foundation
import JSONSchemas
import Nouns
import TestSupport
import Testing

/// docs/events.md: what receivers are told, and its schema, are those of the program.
struct EventPageTests {
    /// The JSON blocks of the page: the example, and the schema.
    private static func blocks() throws -> [String] {
        let path = TestSupport.repository + "/docs/events.md"
        return try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "```json\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
    }

    private static func value(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    @Test func theExampleIsAnEventAndFitsTheSchema() throws {
        let blocks = try Self.blocks()
        #expect(blocks.count == 2)
        let event = try ContractCoding.decode(DeliveryEvent.self, from: Data(blocks[0].utf8))
        #expect(event.type == .promoted && event.data.version == "v-9f86d081884c")
        let schema = try JSONSchema(text: blocks[1])
        #expect(schema.faults(of: try Self.value(blocks[0])).isEmpty)
        #expect(!schema.faults(of: try Self.value("{\"id\": \"x\"}")).isEmpty)
    }

    @Test func everyKindOfEventFitsTheSchema() throws {
        let schema = try JSONSchema(text: try #require(try Self.blocks().last))
        for kind in DeliveryEvent.Kind.allCases {
            let whole = DeliveryEvent(
                id: "evt_1", createdAt: 1_800_000_000, type: kind,
                data: .init(
                    pipeline: "p", run: "r-000001", drop: "d-1", version: "v-1", previous: "v-0", path: "/p",
                    who: "ada", reason: "because"))
            let bare = DeliveryEvent(
                id: "evt_2", createdAt: 1_800_000_000, type: kind, data: .init(pipeline: "p", reason: ""))
            for event in [whole, bare] {
                let text = String(decoding: try ContractCoding.encode(event), as: UTF8.self)
                #expect(schema.faults(of: try Self.value(text)).isEmpty, "\(text)")
            }
        }
    }
}
