extension TokenizerDefinition {
    /// Reads a tokenizer from the bytes of a `tokenizer.json`, with those of the `tokenizer_config.json` beside it.
    ///
    /// Throws `TokenizerFailure` naming the key or the offset, its value and a remedy, for what is broken or not
    /// supported. Source: the `tokenizers` library's serialisation.
    package init(json: [UInt8], config: [UInt8]? = nil, source: String = "tokenizer.json") throws {
        let file = try TokenizerJSON(json, source: source)
        let settings = try config.map { try TokenizerConfig($0, source: "tokenizer_config.json") } ?? TokenizerConfig()
        try self.init(file, settings)
    }

    private init(_ file: TokenizerJSON, _ settings: TokenizerConfig) throws {
        source = file.source
        let model = file.model
        func refused(_ key: String, _ problem: String) -> TokenizerFailure {
            file.failure("model.\(key)", problem, "Use a model with a BPE tokenizer without it")
        }
        if let type = model["type"], type.string != "BPE" {
            throw refused("type", "\(type.string ?? "this kind") is not supported")
        }
        guard !file.vocabulary.isEmpty else {
            throw file.failure("model.vocab", "it is absent or empty", "Fetch the file again")
        }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let text = model[key]?.string, !text.isEmpty { throw refused(key, "\"\(text)\" is not supported") }
        }
        if let dropout = model["dropout"], dropout.double != 0 {
            throw refused("dropout", "merges dropped by chance are not supported")
        }
        fallsBackToBytes = model["byte_fallback"]?.bool ?? false
        fusesUnknown = model["fuse_unk"]?.bool ?? false
        ignoresMerges = model["ignore_merges"]?.bool ?? false

        addedTokens = try file.addedTokens()
        (tokens, kinds) = try file.tokens(added: addedTokens, hasByteTokens: fallsBackToBytes)
        merges = .pairs(file.merges)
        normalizers = try file.normalizers()
        let pieces = file.flattened("pre_tokenizer", "pretokenizers")
        spelling =
            (pieces + file.flattened("decoder", "decoders")).contains { $0["type"]?.string == "ByteLevel" }
            ? .bytes : .sentencePiece
        preTokenizer = try file.preTokenizer(pieces, normalizers)
        stripsLeadingSpace = file.stripsLeadingSpace()

        let ids = TokenIDs(tokens: tokens, added: addedTokens)
        unknown =
            try model["unk_token"]?.string.map { name in
                guard let id = ids.find(name) else {
                    throw file.failure(
                        "model.unk_token", "\"\(name)\" is not in the vocabulary", "Fetch the file again")
                }
                return id
            } ?? settings.unknown.flatMap(ids.find)
        if let unknown, kinds[Int(unknown)] == .normal { kinds[Int(unknown)] = .unknown }
        bos = settings.bos.flatMap(ids.find)
        eos = settings.eos.flatMap(ids.find)
        padding = settings.padding.flatMap(ids.find)
        chatTemplate = settings.chatTemplate
        (prefix, suffix) = try file.surroundings(ids)
        if let bos {
            if settings.addsBOS == true, prefix.isEmpty { prefix = [bos] }
            if settings.addsBOS == false { prefix.removeAll { $0 == bos } }
        }
        if let eos {
            if settings.addsEOS == true, suffix.isEmpty { suffix = [eos] }
            if settings.addsEOS == false { suffix.removeAll { $0 == eos } }
        }
    }
}

/// Finds ids by the exact bytes of a token's name.
struct TokenIDs {
    private var ids: [[UInt8]: Int32] = [:]

    init(tokens: [String], added: [AddedToken]) {
        ids.reserveCapacity(tokens.count)
        for (id, token) in tokens.enumerated() where !token.isEmpty { ids[Array(token.utf8)] = Int32(id) }
        for token in added { ids[Array(token.content.utf8)] = token.id }
    }

    func find(_ name: String) -> Int32? { ids[Array(name.utf8)] }
}
