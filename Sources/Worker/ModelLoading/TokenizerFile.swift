import ChatTemplates
import Foundation
import Tokenization
import WeightFiles

/// Loads what a model's files say of its text: the tokenizer and the chat template.
package struct TokenizerFile: Sendable {
    package let tokenizer: Tokenizer
    /// What the tokenizer was built from, for writing it out again.
    package let definition: TokenizerDefinition
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
        let config = try? Data(contentsOf: folder.appending(path: "tokenizer_config.json"))
        var definition = try TokenizerDefinition(
            json: Array(json), config: config.map { Array($0) }, source: source.path)
        if let template = try? Data(contentsOf: folder.appending(path: "chat_template.jinja")) {
            definition.chatTemplate = String(decoding: template, as: UTF8.self)
        }
        try self.init(definition)
    }

    /// Loads from an open GGUF file.
    package init(_ file: GGUFFile) throws {
        try self.init(TokenizerDefinition(gguf: TokenizerDefinition.GGUFValues(file), source: file.path))
    }

    private init(_ definition: TokenizerDefinition) throws {
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
        unknown = integer("unknown_token_id")
        padding = integer("padding_token_id")
        addBOS = value("add_bos_token")?.bool
        addEOS = value("add_eos_token")?.bool
        addSpacePrefix = value("add_space_prefix")?.bool
        chatTemplate = file.metadata["tokenizer.chat_template"]?.string
    }
}
