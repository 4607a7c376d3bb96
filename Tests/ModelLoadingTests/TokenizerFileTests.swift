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

    /// Writes a file beside a copied tokenizer.
    private func beside(_ folder: String, _ name: String, _ text: String) throws {
        try text.write(toFile: folder + "/" + name, atomically: false, encoding: .utf8)
    }

    /// An end of text is found wherever the folder says it, and what generation stops at ends a turn too.
    @Test func endsAreFoundInEveryFile() throws {
        let plain = try TokenizerFile(path: folder(config: "{}"))
        let tokens = plain.definition.addedTokens.filter(\.isSpecial)
        let (first, second) = (try #require(tokens.first), try #require(tokens.dropFirst().first))
        #expect(plain.tokenizer.eos == nil && plain.tokenizer.ends.isEmpty)

        let config = try folder(config: "{}")
        try beside(config, "config.json", "{\"eos_token_id\": \(second.id)}")
        #expect(try TokenizerFile(path: config).tokenizer.eos == second.id)
        try beside(config, "generation_config.json", "{\"eos_token_id\": [\(first.id), \(second.id)]}")
        #expect(try TokenizerFile(path: config).tokenizer.ends == [first.id, second.id])
        try beside(config, "special_tokens_map.json", "{\"eos_token\": {\"content\": \"\(second.content)\"}}")
        #expect(try TokenizerFile(path: config).tokenizer.ends == [second.id, first.id])
        try beside(config, "tokenizer_config.json", "{\"eos_token\": \"\(first.content)\"}")
        let whole = try TokenizerFile(path: config)
        #expect(whole.tokenizer.eos == first.id && whole.definition.remarks.isEmpty)

        // One that is not in the vocabulary is told, and the others count.
        try beside(config, "tokenizer_config.json", "{\"eos_token\": \"<|never|>\", \"sep_token\": \"x\"}")
        let odd = try TokenizerFile(path: config)
        #expect(odd.tokenizer.eos == second.id && odd.tokenizer.names["sep_token"] == "x")
        #expect(odd.definition.remarks.first?.contains("<|never|>") == true)
        try beside(config, "special_tokens_map.json", "{}")
        try beside(config, "generation_config.json", "{\"eos_token_id\": 99999999}")
        let none = try TokenizerFile(path: config)
        #expect(none.tokenizer.eos == nil && none.definition.remarks.count == 2)
    }

    /// Tokens that the configuration alone names are tokens, as in transformers.
    @Test func tokensOfTheConfigurationAreTokens() throws {
        let plain = try TokenizerFile(path: folder(config: "{}"))
        let id = plain.tokenizer.vocabularySize
        let text = "the quick brown fox"
        let more = try TokenizerFile(
            path: folder(
                config: "{\"added_tokens_decoder\": {\"\(id)\": {\"content\": \" quick brown\", \"special\": false}}}"))
        #expect(more.tokenizer.vocabularySize == id + 1)
        #expect(more.tokenizer.encode(text).contains(Int32(id)))
        #expect(more.tokenizer.decode(more.tokenizer.encode(text)) == text)
        let known = try #require(plain.definition.addedTokens.first)
        let same = "{\"added_tokens_decoder\": {\"\(known.id)\": {\"content\": \"\(known.content)\"}}}"
        #expect(try TokenizerFile(path: folder(config: same)).tokenizer.vocabularySize == id)
        let other = "{\"added_tokens_decoder\": {\"\(known.id)\": {\"content\": \"another\"}}}"
        #expect(throws: TokenizerFailure.self) { try TokenizerFile(path: folder(config: other)) }
    }

    @Test func templatesOfOlderFilesAndListsAreFound() throws {
        let older = try folder(config: "{}")
        try beside(older, "chat_template.json", "{\"chat_template\": \"of the older file\"}")
        #expect(try TokenizerFile(path: older).template?.source == "of the older file")
        let named = try TokenizerFile(
            path: folder(config: "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"x\"}]}"))
        #expect(named.template == nil && named.definition.remarks.first?.contains("rag") == true)
        // A template beside a GGUF counts before the one inside.
        let link = sandbox.root + "/model.gguf"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: TestSupport.model())
        try beside(sandbox.root, "chat_template.jinja", "given")
        #expect(try TokenizerFile(path: link).template?.source == "given")
    }

    /// A pointer of Git LFS in place of the tokenizer is named.
    @Test func aPointerIsNoTokenizer() throws {
        let path = try folder()
        try beside(path, "tokenizer.json", "version https://git-lfs.github.com/spec/v1\noid sha256:b2\nsize 21\n")
        let fault = #expect(throws: TokenizerFailure.self) { try TokenizerFile(path: path) }
        #expect(fault?.description.contains("git lfs pull") == true)
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
