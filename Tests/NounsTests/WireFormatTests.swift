import Foundation
import Nouns
import Testing
import WorkerProtocol

struct WireFormatTests {
    @Test func aTaskIsNamedOnTheWireAndComesBackAsItWas() throws {
        let task = WorkerTask.inspect(InspectTask(path: "/m.gguf", id: "m"))
        let data = try ContractCoding.encode(task)
        #expect(String(decoding: data, as: UTF8.self) == #"{"inspect":{"id":"m","path":"/m.gguf"},"task":"inspect"}"#)
        #expect(try ContractCoding.decode(WorkerTask.self, from: data) == task)
    }

    @Test func everyShapeOfRowComesBackAsItWas() throws {
        let turn = Message(role: "user", content: "hello")
        let shapes: [RowContent] = [
            .completion(prompt: "a", completion: "b"), .text("t"), .chat(messages: [turn], tools: nil),
            .preference(prompt: [turn], chosen: [turn], rejected: []),
        ]
        for shape in shapes {
            #expect(try ContractCoding.decode(RowContent.self, from: ContractCoding.encode(shape)) == shape)
        }
    }
}
