import Foundation
import ModelLoading
import Nouns
import TestSupport
import Testing
import WeightFiles

@testable import Inference

/// Calls of tools in the form in which each template writes them.
@Suite(.serialized)
struct ToolTests {
    /// A model's tokenizer with another's template.
    func encoder(_ template: String) throws -> RowEncoder {
        let folder = NSTemporaryDirectory() + "/tools-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/model.gguf"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: TestSupport.model())
        try FileManager.default.copyItem(
            atPath: TestSupport.fixture("templates/\(template).jinja"), toPath: folder + "/chat_template.jinja")
        return RowEncoder(try TokenizerFile(GGUFFile(path: path)), context: 4096)
    }

    static let tools = JSONValue.array([
        .object([
            "type": "function",
            "function": .object([
                "name": "get_weather", "description": "The weather of a town.",
                "parameters": .object([
                    "type": "object", "properties": .object(["town": .object(["type": "string"])]),
                    "required": .array(["town"]),
                ]),
            ]),
        ])
    ])

    func call(_ town: String) -> JSONValue {
        .object([
            "id": "call12345", "type": "function",
            "function": .object(["name": "get_weather", "arguments": .object(["town": .string(town)])]),
        ])
    }

    /// What the reader makes of a text that comes in pieces of some bytes.
    func read(_ text: String, _ form: CallForm, by size: Int) -> [CallReader.Piece] {
        var reader = CallReader(form, names: ["get_weather"])
        var pieces: [CallReader.Piece] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            pieces += reader.push(String(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        pieces += reader.finish()
        return pieces.reduce(into: []) { joined, piece in
            if case .text(let text) = piece, case .text(let before)? = joined.last {
                joined[joined.count - 1] = .text(before + text)
            } else {
                joined.append(piece)
            }
        }
    }

    @Test(arguments: ["qwen2_5", "qwen3", "llama3_1"], [1, 7, 1000])
    func whatATemplateWritesIsReadBack(template: String, size: Int) throws {
        let encoder = try encoder(template)
        let form = try CallForm(encoder)
        let user = Message(role: "user", content: "How is it in Bonn?")
        let asked = try #require(try encoder.text(of: [user], tools: Self.tools, addGenerationPrompt: true))
        let said = Message(role: "assistant", content: "", toolCalls: .array([call("Bonn {\"x\"}")]))
        let whole = try #require(
            try encoder.text(of: [user, said], tools: Self.tools, addGenerationPrompt: false))
        let answer = String(whole.dropFirst(asked.count))
        let end = try #require(answer.range(of: form.after, options: .backwards)?.upperBound)
        let pieces = read(String(answer[..<end]), form, by: size)
        guard case .call(let name, let arguments)? = pieces.first, pieces.count == 1 else {
            Issue.record("\(pieces)")
            return
        }
        #expect(name == "get_weather")
        let value = try ContractCoding.decode(JSONValue.self, from: Data(arguments.utf8))
        #expect(value == .object(["town": .string("Bonn {\"x\"}")]))
        // What only looks like a call comes back as text, whole.
        let broken = "Well: " + form.before + "get_weather" + form.between + "{\"town\": oops" + form.after + " end"
        #expect(read(broken, form, by: size) == [.text(broken)])
        let other = form.before + "get_stock" + form.between + "{}" + form.after
        #expect(read(other, form, by: size) == [.text(other)])
        #expect(read("No call at all.", form, by: size) == [.text("No call at all.")])
    }

    @Test(arguments: ["chatml", "gemma3"]) func aTemplateWithoutToolsIsRefused(template: String) throws {
        let encoder = try encoder(template)
        let failure = #expect(throws: Failure.self) { try CallForm(encoder) }
        #expect(failure?.code == "request.no_tools")
    }

    @Test func aForcedCallIsNothingElse() throws {
        let form = try CallForm(try encoder("qwen2_5"))
        let schema = try SchemaReader.read(
            .object(["type": "object", "properties": .object(["n": .object(["type": "integer"])]), "required": ["n"]]))
        var machines = [JSONMachine(form.before + "count" + form.between, schema.root, form.after)]
        let text = form.before + "count" + form.between + "{\"n\": 3}" + form.after
        for byte in text.utf8 { machines = machines.flatMap { $0.taking(byte) } }
        #expect(machines.count == 1 && machines[0].isComplete)
        #expect(machines[0].taking(UInt8(ascii: "x")).isEmpty)
    }
}
