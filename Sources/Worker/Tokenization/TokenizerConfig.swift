import JSONDocument

/// What the files beside a `tokenizer.json` add to it.
struct TokenizerConfig {
    /// The texts of `bos_token`, `eos_token` and all others that are named, by name.
    var names: [String: String] = [:]
    var addsBOS: Bool?
    var addsEOS: Bool?
    var chatTemplate: String?
    /// The names of templates of which none is the default.
    var otherTemplates: [String] = []
    /// Tokens that the configuration alone names.
    var addedTokens: [AddedToken] = []
    /// Ids that end an answer, as the model's own configuration has them.
    var ends: [Int32] = []
    /// The `eos_token` of `special_tokens_map.json`, which counts where the configuration's is not in the vocabulary.
    var mappedEOS: String?

    init() {}

    /// Reads the files. Throws ``TokenizerFailure`` naming the one at fault.
    init(_ files: TokenizerDefinition.Files) throws {
        let map = try Self.read(files.specialTokensMap, "special_tokens_map.json")
        let config = try Self.read(files.config, "tokenizer_config.json")
        names = Self.names(map).merging(Self.names(config)) { $1 }
        mappedEOS = Self.token(map, "eos_token")
        addsBOS = config["add_bos_token"]?.bool
        addsEOS = config["add_eos_token"]?.bool
        addedTokens = try Self.added(config)
        let older = try Self.read(files.templateJSON, "chat_template.json")
        let template = config["chat_template"] ?? older["chat_template"]
        if let list = template?.list {
            chatTemplate = list.first { $0["name"]?.string == "default" }?["template"]?.string
            if chatTemplate == nil { otherTemplates = list.compactMap { $0["name"]?.string } }
        } else {
            chatTemplate = template?.string
        }
        let generation = Self.ids(try Self.read(files.generation, "generation_config.json"))
        let model = try Self.read(files.model, "config.json")
        ends = generation.isEmpty ? Self.ids(model) + Self.ids(model["text_config"] ?? .null) : generation
    }

    private static func read(_ bytes: [UInt8]?, _ file: String) throws -> JSONNode {
        guard let bytes else { return .null }
        do {
            return try bytes.withUnsafeBytes { try JSONReader.document($0, repetition: .lastCounts) }
        } catch let failure as JSONFailure {
            throw TokenizerFailure(failure, source: file)
        }
    }

    private static func token(_ node: JSONNode, _ key: String) -> String? {
        node[key]?.string ?? node[key]?["content"]?.string
    }

    /// Every `…_token` of a file, those of `extra_special_tokens` among them.
    private static func names(_ node: JSONNode) -> [String: String] {
        var result: [String: String] = [:]
        for part in [node["extra_special_tokens"], node["model_specific_special_tokens"], node] {
            guard let part else { continue }
            for key in part.members?.keys.filter({ $0.hasSuffix("_token") }) ?? [] { result[key] = token(part, key) }
        }
        return result
    }

    /// The ids of `eos_token_id`, one or a list.
    private static func ids(_ node: JSONNode) -> [Int32] {
        guard let value = node["eos_token_id"] else { return [] }
        return (value.list ?? [value]).compactMap { $0.integer.flatMap { Int32(exactly: $0) } }
    }

    /// `added_tokens_decoder`: tokens by id.
    private static func added(_ config: JSONNode) throws -> [AddedToken] {
        try (config["added_tokens_decoder"]?.members ?? [:]).map { key, node in
            guard let id = Int32(key), id >= 0, id < Tokenizer.maximumVocabulary,
                let content = node["content"]?.string, !content.isEmpty
            else {
                throw TokenizerFailure(
                    source: "tokenizer_config.json", location: "added_tokens_decoder.\(key)",
                    problem: "it has no id from 0 to \(Tokenizer.maximumVocabulary) or no content",
                    remedy: "Fetch the file again")
            }
            return AddedToken(id: id, content: content, node)
        }.sorted { $0.id < $1.id }
    }
}

extension AddedToken {
    /// The token as both files describe it.
    init(id: Int32, content: String, _ node: JSONNode) {
        self.init(id: id, content: content, isSpecial: node["special"]?.bool ?? false)
        stripsLeft = node["lstrip"]?.bool ?? false
        stripsRight = node["rstrip"]?.bool ?? false
        isSingleWord = node["single_word"]?.bool ?? false
        isNormalized = node["normalized"]?.bool ?? false
    }
}
