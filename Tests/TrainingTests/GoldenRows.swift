import ChatTemplates
import Encoding
import Tokenization
import Transformers
import WeightFiles

/// Rows as tokens, with the tokenizer and template of a GGUF file.
enum GoldenRows {
    static func encode(_ rows: [(prompt: String, completion: String)], gguf path: String) throws -> [TokenSequence] {
        let encoder = try Self.encoder(GGUFFile(path: path))
        return try rows.map { row in
            let example = try encoder.encode(prompt: row.prompt, completion: row.completion, maximumLength: 4096)
            return TokenSequence(ids: example.ids, weights: example.labels.map { $0 ? 1 : 0 })
        }
    }

    static func encoder(_ file: GGUFFile) throws -> ExampleEncoder {
        func texts(_ key: String) -> [String] {
            if case .texts(let value) = file.metadata["tokenizer.ggml." + key] { value } else { [] }
        }
        func id(_ key: String) -> Int32? {
            file.metadata["tokenizer.ggml.\(key)_token_id"]?.integer.map { Int32(clamping: $0) }
        }
        var values = TokenizerDefinition.GGUFValues(
            model: file.metadata["tokenizer.ggml.model"]?.string ?? "",
            pre: file.metadata["tokenizer.ggml.pre"]?.string, tokens: texts("tokens"))
        if case .numbers(let scores) = file.metadata["tokenizer.ggml.scores"] { values.scores = scores }
        if case .integers(let types) = file.metadata["tokenizer.ggml.token_type"] {
            values.types = types.map { Int32(clamping: $0) }
        }
        if !texts("merges").isEmpty { values.merges = texts("merges") }
        (values.bos, values.eos, values.unknown, values.padding) = (id("bos"), id("eos"), id("unknown"), id("padding"))
        values.addBOS = file.metadata["tokenizer.ggml.add_bos_token"]?.bool
        values.addEOS = file.metadata["tokenizer.ggml.add_eos_token"]?.bool
        values.addSpacePrefix = file.metadata["tokenizer.ggml.add_space_prefix"]?.bool
        let source = file.metadata["tokenizer.chat_template"]?.string
        return try ExampleEncoder(
            tokenizer: Tokenizer(TokenizerDefinition(gguf: values)), template: source.map { try ChatTemplate($0) },
            now: 0)
    }
}
