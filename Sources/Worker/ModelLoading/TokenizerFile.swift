import ChatTemplates
import Foundation
import Tokenization
import WeightFiles

/// Loads what a model's files say of its text: the tokenizer and the chat template.
package struct TokenizerFile: Sendable {
    package let tokenizer: Tokenizer
    /// What the tokenizer was built from, for writing it out again.
    package let definition: TokenizerDefinition
    /// The file beside a model that holds its chat template, and counts before the one inside.
    package static let templateName = "chat_template.jinja"

    /// Nil where the model has none, as base models do.
    package let template: ChatTemplate?

    /// Loads from a GGUF file, or from a Hugging Face folder with its `tokenizer.json`.
    ///
    /// Throws `WeightFileError`, `TokenizerFailure` or `TemplateFailure`, each with the place and a remedy.
    package init(path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            try self.init(GGUFFile(path: path))
            return
        }
        let folder = URL(filePath: path)
        let source = folder.appending(path: "tokenizer.json")
        guard let json = try? Data(contentsOf: source) else {
            throw TokenizerFailure(
                source: source.path, location: "the file", problem: "it is absent or cannot be read",
                remedy: "Fetch the whole model folder, with its tokenizer.json")
        }
        if let stray = StrayFile(json) {
            throw TokenizerFailure(
                source: source.path, location: "the file", problem: stray.problem, remedy: stray.remedy)
        }
        func bytes(_ name: String) -> [UInt8]? { (try? Data(contentsOf: folder.appending(path: name))).map(Array.init) }
        var files = TokenizerDefinition.Files(config: bytes("tokenizer_config.json"))
        files.specialTokensMap = bytes("special_tokens_map.json")
        files.generation = bytes("generation_config.json")
        files.model = bytes("config.json")
        files.templateJSON = bytes("chat_template.json")
        var definition = try TokenizerDefinition(json: Array(json), files: files, source: source.path)
        if let template = bytes(Self.templateName) {
            definition.chatTemplate = String(decoding: template, as: UTF8.self)
        }
        try self.init(definition)
    }

    /// Loads from an open GGUF file; a chat template beside it counts before the one inside.
    package init(_ file: GGUFFile) throws {
        var definition = try TokenizerDefinition(gguf: TokenizerDefinition.GGUFValues(file), source: file.path)
        let beside = URL(filePath: file.path).deletingLastPathComponent().appending(path: Self.templateName)
        if let template = try? Data(contentsOf: beside) {
            definition.chatTemplate = String(decoding: template, as: UTF8.self)
        }
        try self.init(definition)
    }

    /// Whether all tokens from `count` on are control tokens that no text, no template and no end of a turn has.
    package func hasOnlyUnusedTokens(from count: Int) -> Bool {
        let used = [tokenizer.bos, tokenizer.eos, tokenizer.unknown, tokenizer.padding] + tokenizer.ends.map { $0 }
        return (count..<tokenizer.vocabularySize).allSatisfy { index in
            let id = Int32(index)
            guard tokenizer.isControl(id), !used.contains(id), let name = tokenizer.name(of: id) else { return false }
            return definition.chatTemplate?.contains(name) != true
        }
    }

    /// The same without the tokens from `count` on.
    package func cut(to count: Int) throws -> TokenizerFile { try TokenizerFile(definition.cut(to: count)) }

    /// The same with another chat template. Throws `TemplateFailure`.
    package func with(template: String) throws -> TokenizerFile {
        var definition = definition
        definition.chatTemplate = template
        return try TokenizerFile(definition)
    }

    /// Builds the tokenizer that is defined. Throws `TokenizerFailure` or `TemplateFailure`.
    package init(_ definition: TokenizerDefinition) throws {
        self.definition = definition
        tokenizer = try Tokenizer(definition)
        template = try definition.chatTemplate.map { try ChatTemplate($0) }
    }
}

extension TokenizerDefinition.GGUFValues {
    /// The tokenizer's keys of a GGUF file.
    init(_ file: GGUFFile) throws {
        func value(_ key: String) -> GGUFValue? { file.metadata["tokenizer.ggml.\(key)"] }
        func integer(_ key: String) -> Int32? { value(key)?.integer.flatMap { Int32(exactly: $0) } }
        let model = try file.required("tokenizer.ggml.model", "text") { $0.string }
        let tokens = try file.required("tokenizer.ggml.tokens", "a list of texts") {
            if case .texts(let texts) = $0 { texts } else { nil }
        }
        self.init(model: model, pre: value("pre")?.string, tokens: tokens)
        if case .numbers(let numbers)? = value("scores") { scores = numbers }
        if case .integers(let numbers)? = value("token_type") { types = numbers.map { Int32(clamping: $0) } }
        if case .texts(let texts)? = value("merges") { merges = texts }
        bos = integer("bos_token_id")
        eos = integer("eos_token_id")
        ends = ["eot", "eom"].compactMap { integer("\($0)_token_id") }
        unknown = integer("unknown_token_id")
        padding = integer("padding_token_id")
        addBOS = value("add_bos_token")?.bool
        addEOS = value("add_eos_token")?.bool
        addSpacePrefix = value("add_space_prefix")?.bool
        chatTemplate = file.metadata["tokenizer.chat_template"]?.string
    }
}
