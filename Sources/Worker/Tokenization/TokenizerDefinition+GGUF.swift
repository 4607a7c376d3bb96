extension TokenizerDefinition {
    /// The `tokenizer.ggml.*` values of a GGUF file, as plain arrays.
    package struct GGUFValues: Sendable {
        /// `tokenizer.ggml.model`: `gpt2`, `llama` or `gemma4`.
        package var model: String
        /// `tokenizer.ggml.pre`
        package var pre: String?
        package var tokens: [String]
        package var scores: [Float]?
        /// `tokenizer.ggml.token_type`
        package var types: [Int32]?
        package var merges: [String]?
        package var bos: Int32?
        package var eos: Int32?
        /// `tokenizer.ggml.eot_token_id` and `eom_token_id`, which end a turn beside the end of text.
        package var ends: [Int32] = []
        package var unknown: Int32?
        package var padding: Int32?
        package var addBOS: Bool?
        package var addEOS: Bool?
        package var addSpacePrefix: Bool?
        /// `tokenizer.chat_template`
        package var chatTemplate: String?

        package init(model: String, pre: String? = nil, tokens: [String]) {
            self.model = model
            self.pre = pre
            self.tokens = tokens
        }
    }

    /// Reads a tokenizer from GGUF metadata.
    ///
    /// Throws `TokenizerFailure` naming the key, its value and a remedy for lists of unequal length, ids out of range,
    /// and models or pre-tokenizers that are not supported. Source: the GGUF specification and llama.cpp's
    /// `llama-vocab.cpp`.
    package init(gguf values: GGUFValues, source: String = "GGUF metadata") throws {
        func failure(_ key: String, _ problem: String, _ remedy: String) -> TokenizerFailure {
            TokenizerFailure(source: source, location: "tokenizer.ggml.\(key)", problem: problem, remedy: remedy)
        }
        let again = "Convert the model again with a current llama.cpp, or use its tokenizer.json"
        let kinds = try Self.kinds(values) { failure($0, $1, again) }
        self.source = source
        tokens = values.tokens
        self.kinds = kinds
        addedTokens = kinds.enumerated().compactMap { id, kind in
            guard kind == .control || kind == .userDefined || kind == .unknown, !values.tokens[id].isEmpty else {
                return nil
            }
            return AddedToken(id: Int32(id), content: values.tokens[id], isSpecial: kind != .userDefined)
        }
        bos = values.bos
        eos = values.eos
        unknown = values.unknown
        padding = values.padding
        chatTemplate = values.chatTemplate
        ends = Self.ends(values)

        let addsBOS: Bool
        switch values.model {
        case "gpt2":
            spelling = .bytes
            merges = .pairs(try Self.pairs(values) { failure("merges", $0, again) })
            let rules = try Self.byteRules(pre: values.pre, addPrefixSpace: values.addSpacePrefix ?? false) {
                failure("pre", $0, $1)
            }
            normalizers = rules.normalizers
            preTokenizer = rules.preTokenizer
            ignoresMerges = rules.ignoresMerges
            addsBOS = values.addBOS ?? rules.addsBOS
        case "gemma4":
            // SentencePiece pieces that merge in the written order. Source: llama.cpp `llama-vocab.cpp`.
            spelling = .sentencePiece
            merges = .pairs(try Self.pairs(values) { failure("merges", $0, again) })
            normalizers = [.replace(" ", with: "▁")]
            preTokenizer = .none
            fallsBackToBytes = true
            fusesUnknown = true
            addsBOS = true
        case "llama":
            guard let scores = values.scores, scores.count == values.tokens.count else {
                throw failure("scores", "\(values.scores?.count ?? 0) scores for \(values.tokens.count) tokens", again)
            }
            if let id = scores.firstIndex(where: \.isNaN) {
                throw failure("scores", "the score of token \(id) is NaN", again)
            }
            spelling = .sentencePiece
            merges = .scores(Self.order(scores, kinds))
            let prefixed = values.addSpacePrefix ?? true
            normalizers = []
            preTokenizer = .metaspace(prefix: prefixed ? .always : .never, splits: false)
            stripsLeadingSpace = prefixed
            fallsBackToBytes = true
            fusesUnknown = true
            addsBOS = values.addBOS ?? true
        default:
            throw failure(
                "model", "\"\(values.model)\" is not supported",
                "Use a model with a byte-level BPE (gpt2) or a SentencePiece BPE (llama, gemma4) tokenizer")
        }
        if spelling == .sentencePiece { respellSpaces() }
        if addsBOS, let bos { prefix = [bos] }
        if values.addEOS == true, let eos { suffix = [eos] }
    }

    /// What ends an answer, the end of text first.
    private static func ends(_ values: GGUFValues) -> [Int32] {
        var ends = values.eos.map { [$0] } ?? []
        for id in values.ends where id >= 0 && id < values.tokens.count && !ends.contains(id) { ends.append(id) }
        return ends
    }

    /// The kinds of all tokens; throws where lists have other lengths than the vocabulary, or ids lie beyond it.
    private static func kinds(_ values: GGUFValues, _ failure: (_ key: String, _ problem: String) -> TokenizerFailure)
        throws -> [TokenKind]
    {
        guard !values.tokens.isEmpty else { throw failure("tokens", "the list is empty") }
        guard values.tokens.count <= Tokenizer.maximumVocabulary else {
            throw failure("tokens", "\(values.tokens.count) tokens are more than \(Tokenizer.maximumVocabulary)")
        }
        if let types = values.types, types.count != values.tokens.count {
            throw failure("token_type", "\(types.count) types for \(values.tokens.count) tokens")
        }
        let kinds =
            try values.types.map { types in
                try types.enumerated().map { id, type in
                    if type == 0 { return .normal }
                    guard let kind = UInt8(exactly: type).flatMap(TokenKind.init) else {
                        throw failure("token_type", "type \(type) of token \(id) is none of 0 to 6")
                    }
                    return kind
                }
            } ?? [TokenKind](repeating: .normal, count: values.tokens.count)
        for (key, id) in [
            ("bos_token_id", values.bos), ("eos_token_id", values.eos), ("unknown_token_id", values.unknown),
            ("padding_token_id", values.padding),
        ] {
            if let id, id < 0 || Int(id) >= values.tokens.count {
                throw failure(key, "\(id) is not below the vocabulary's size of \(values.tokens.count)")
            }
        }
        return kinds
    }

    /// Runs of spaces are pieces like any other, with marks for spaces; llama.cpp's converter writes them out as
    /// user-defined.
    private mutating func respellSpaces() {
        var respelled: Set<Int32> = []
        for (id, token) in tokens.enumerated()
        where kinds[id] == .userDefined && !token.isEmpty && token.utf8.allSatisfy({ $0 == 0x20 }) {
            tokens[id] = String(repeating: "▁", count: token.utf8.count)
            respelled.insert(Int32(id))
        }
        addedTokens.removeAll { respelled.contains($0.id) }
    }

    /// The scores by which pieces merge. llama.cpp's converter gives user-defined pieces a score that says nothing, so
    /// where the scores of all others fall with the id, as they do in SentencePiece BPE models, the id stands for the
    /// score.
    private static func order(_ scores: [Float], _ kinds: [TokenKind]) -> [Float] {
        guard kinds.contains(.userDefined) else { return scores }
        var last = Float.infinity
        for (id, score) in scores.enumerated() where kinds[id] == .normal {
            if score > last { return scores }
            last = score
        }
        return scores.indices.map { -Float($0) }
    }

    /// The merges, each of two pieces.
    private static func pairs(_ values: GGUFValues, _ failure: (_ problem: String) -> TokenizerFailure) throws
        -> [MergePair]
    {
        guard let lines = values.merges else {
            throw failure("a \(values.model) vocabulary needs its merges and there are none")
        }
        return try lines.enumerated().map { index, line in
            // The separator is the first space after the first character: a piece may not hold a space.
            guard let pair = pair(line) else {
                throw failure("merge \(index) is \"\(line)\", not two pieces with a space between")
            }
            return pair
        }
    }

    static func pair(_ line: String) -> MergePair? {
        let utf8 = line.utf8
        guard let first = utf8.indices.dropFirst().first(where: { utf8[$0] == 0x20 }) else { return nil }
        let left = line[line.startIndex..<first]
        let right = line[utf8.index(after: first)...]
        guard !left.isEmpty, !right.isEmpty, !right.utf8.contains(0x20) else { return nil }
        return MergePair(left: String(left), right: String(right))
    }

    private struct ByteRules {
        var normalizers: [Normalizer] = []
        var preTokenizer: PreTokenizer
        var ignoresMerges = false
        var addsBOS = false
    }

    private static func byteRules(
        pre: String?, addPrefixSpace: Bool, failure: (_ problem: String, _ remedy: String) -> TokenizerFailure
    ) throws -> ByteRules {
        switch pre {
        case "gpt-2", "gpt2", "mpt", "olmo", "jais", "phi-2":
            return ByteRules(preTokenizer: .gpt2(addPrefixSpace: addPrefixSpace))
        case "smollm", "starcoder", "refact", "command-r", "codeshell":
            return ByteRules(preTokenizer: .digitsThenGPT2)
        case "llama-bpe", "llama3", "llama-v3", "lfm2":
            return ByteRules(preTokenizer: .llama3, ignoresMerges: true, addsBOS: true)
        case "dbrx", "smaug-bpe":
            return ByteRules(preTokenizer: .llama3)
        case "qwen2", "deepseek-r1-qwen":
            return ByteRules(normalizers: [.nfc], preTokenizer: .qwen2)
        case let pre:
            throw failure(
                pre.map { "the pre-tokenizer \"\($0)\" is not supported" } ?? "the key is absent",
                "Supported are gpt-2, smollm, starcoder, command-r, llama-bpe and qwen2; "
                    + "convert the model with a current llama.cpp so that the key is right")
        }
    }
}
