import ChatTemplates
import Foundation
import TestSupport
import Testing
import Tokenization
import WeightFiles

@testable import ModelLoading

/// What a model's files say of its text is found wherever they say it, and what is wrong with them is named.
struct TokenizerFileTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// A copy of a tokenizer folder, with its own chat template where one is given.
    private func folder(template: String? = nil, config: String? = nil) throws -> String {
        let path = sandbox.root + "/\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: TestSupport.fixture("tokenization/llama3"), toPath: path)
        try template?.write(toFile: path + "/chat_template.jinja", atomically: false, encoding: .utf8)
        try config?.write(toFile: path + "/tokenizer_config.json", atomically: false, encoding: .utf8)
        return path
    }

    @Test func aTemplateOfItsOwnFileIsTheOneThatCounts() throws {
        let config = "{\"chat_template\": \"of the config\"}"
        #expect(try TokenizerFile(path: folder(config: "{}")).template == nil)
        #expect(try TokenizerFile(path: folder(config: config)).template?.source == "of the config")
        #expect(
            try TokenizerFile(path: folder(template: "of the file", config: config)).template?.source == "of the file")
    }

    @Test func aGGUFSaysAllOfIt() throws {
        let file = try TokenizerFile(path: TestSupport.model())
        #expect(file.tokenizer.vocabularySize == 49152)
        #expect(file.tokenizer.eos.flatMap(file.tokenizer.name) == "<|im_end|>")
        #expect(file.template?.source.contains("<|im_start|>") == true)
        #expect(file.tokenizer.decode(file.tokenizer.encode("Hello 123, wörld")) == "Hello 123, wörld")
    }

    @Test func whatIsWrongIsNamed() throws {
        let empty = sandbox.root + "/empty"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        let absent = #expect(throws: TokenizerFailure.self) { try TokenizerFile(path: empty) }
        #expect(absent?.source.hasSuffix("empty/tokenizer.json") == true)
        let broken = try folder()
        try "{\"model\": 5}".write(toFile: broken + "/tokenizer.json", atomically: false, encoding: .utf8)
        let fault = #expect(throws: TokenizerFailure.self) { try TokenizerFile(path: broken) }
        #expect(fault?.source.hasSuffix("tokenizer.json") == true)
        #expect(throws: TemplateFailure.self) { try TokenizerFile(path: folder(template: "{% if %}")) }
        let text = sandbox.root + "/text.gguf"
        try "no model".write(toFile: text, atomically: false, encoding: .utf8)
        #expect(throws: WeightFileError.self) { try TokenizerFile(path: text) }
        #expect(throws: WeightFileError.self) { try TokenizerFile(path: sandbox.root + "/nowhere.gguf") }
    }
}
