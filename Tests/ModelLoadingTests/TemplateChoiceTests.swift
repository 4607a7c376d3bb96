import Foundation
import Nouns
import TestSupport
import Testing
import Tokenization
import Transformers

@testable import ModelLoading

/// A model is asked by the template and on the day that its reference names.
struct TemplateChoiceTests {
    let sandbox: Sandbox
    let base: String

    init() throws {
        sandbox = try Sandbox()
        base = sandbox.root + "/base"
        try FileManager.default.copyItem(atPath: TestSupport.fixture("families/llama"), toPath: base)
        // A tokenizer of single letters, fewer than the tiny weights have rows.
        let letters = "abcdefghijklmnopqrstuvwxyz0123456789-: ".map { String($0) }
        let entries = letters.enumerated().map { index, letter in
            "\"\(letter == " " ? "\u{0120}" : letter)\": \(index)"
        }
        let vocabulary = entries.joined(separator: ", ")
        let json = """
            {"model": {"type": "BPE", "vocab": {\(vocabulary)}, "merges": []}, "added_tokens": [],
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
             "decoder": {"type": "ByteLevel"}}
            """
        try json.write(toFile: base + "/tokenizer.json", atomically: false, encoding: .utf8)
        try "own: {{ messages[0].content }}".write(
            toFile: base + "/chat_template.jinja", atomically: false, encoding: .utf8)
    }

    private func text(_ change: (inout ModelReference) -> Void) throws -> String {
        var reference = ModelReference(basePath: base, base: "b", baseDigest: "")
        change(&reference)
        let encoder = try LoadedModel(reference, interruption: {}).encoder
        return encoder.tokenizer.decode(try encoder.prompt([Message(role: "user", content: "hi")]))
    }

    @Test func theReferenceSaysWhichTemplateAndWhichDay() throws {
        #expect(try text { _ in } == "own: hi")
        let dated = "{{ strftime_now('%d-%m-%Y') }} {{ messages[0].content }}"
        #expect(try text { $0.template = dated } == "01-01-2025 hi")
        #expect(try text { ($0.template, $0.date) = (dated, "2027-02-28") } == "28-02-2027 hi")
        let failure = #expect(throws: Failure.self) { try text { $0.date = "2027-02-30" } }
        #expect(failure?.code == "model.date")
    }

    @Test func modelsOfOneBaseAreAskedEachInItsOwnWay() throws {
        let loaded = try LoadedModel(path: base)
        var reference = ModelReference(basePath: base, base: "b", baseDigest: "")
        reference.template = "other: {{ messages[0].content }}"
        let question = [Message(role: "user", content: "hi")]
        let ids = try loaded.encoder(for: reference).prompt(question)
        #expect(loaded.encoder.tokenizer.decode(ids) == "other: hi")
        #expect(try loaded.encoder.prompt(question) != ids)
    }
}
