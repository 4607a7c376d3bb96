extension TokenizerDefinition {
    /// The bytes of the files beside a `tokenizer.json` that say something of its tokens; nil of those that are absent.
    package struct Files: Sendable {
        /// `tokenizer_config.json`
        package var config: [UInt8]?
        /// `special_tokens_map.json`
        package var specialTokensMap: [UInt8]?
        /// `generation_config.json`
        package var generation: [UInt8]?
        /// The model's own `config.json`.
        package var model: [UInt8]?
        /// `chat_template.json`, which older processors wrote.
        package var templateJSON: [UInt8]?

        package init(config: [UInt8]? = nil) { self.config = config }
    }

    /// Reads a tokenizer from the bytes of a `tokenizer.json`, with those of the files beside it.
    ///
    /// Throws `TokenizerFailure` naming the key or the offset, its value and a remedy, for what is broken or not
    /// supported. Source: the `tokenizers` library's serialisation.
    package init(json: [UInt8], files: Files = Files(), source: String = "tokenizer.json") throws {
        try self.init(try TokenizerJSON(json, source: source), try TokenizerConfig(files))
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

        addedTokens = try file.addedTokens(settings.addedTokens)
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
            } ?? settings.names["unk_token"].flatMap(ids.find)
        if let unknown, kinds[Int(unknown)] == .normal { kinds[Int(unknown)] = .unknown }
        bos = settings.names["bos_token"].flatMap(ids.find)
        padding = settings.names["pad_token"].flatMap(ids.find)
        names = settings.names
        findEnds(settings, ids)
        chatTemplate = settings.chatTemplate
        if !settings.otherTemplates.isEmpty {
            let names = settings.otherTemplates.joined(separator: ", ")
            remarks.append(
                "The chat templates are called \(names), none 'default': none "
                    + "is used. Give one with --template.")
        }
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

extension TokenizerDefinition {
    /// Finds what ends a turn: the tokenizer's own end of text, or else the model's, and all that its generation stops
    /// at.
    private mutating func findEnds(_ settings: TokenizerConfig, _ ids: TokenIDs) {
        let known = settings.ends.filter { $0 >= 0 && $0 < tokens.count && !tokens[Int($0)].isEmpty }
        let wanted = settings.names["eos_token"]
        eos = [wanted, settings.mappedEOS].lazy.compactMap { $0.flatMap(ids.find) }.first ?? known.first
        ends = eos.map { [$0] } ?? []
        for id in known where !ends.contains(id) { ends.append(id) }
        let used = eos.map { "'\(tokens[Int($0)])'" }
        if let wanted, ids.find(wanted) == nil {
            remarks.append(
                "The end of text '\(wanted)' of tokenizer_config.json is not in the vocabulary; "
                    + (used.map { "\($0) stands in its place." } ?? "there is none in its place."))
        }
        if known.count < settings.ends.count {
            remarks.append("An eos_token_id of the model's configuration is no token of the vocabulary.")
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
