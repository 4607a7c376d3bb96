import JSONDocument

/// A parsed `tokenizer.json`: the two large lists flat, the rest as a tree.
struct TokenizerJSON {
    let source: String
    private(set) var vocabulary: [(token: String, id: Int)] = []
    private(set) var merges: [TokenizerDefinition.MergePair] = []
    private(set) var model = JSONNode.object([:])
    private var root = JSONNode.object([:])

    init(_ bytes: [UInt8], source: String) throws {
        self.source = source
        do {
            try bytes.withUnsafeBytes { try read($0) }
        } catch let failure as JSONFailure {
            throw TokenizerFailure(failure, source: source)
        }
    }

    func failure(_ location: String, _ problem: String, _ remedy: String) -> TokenizerFailure {
        TokenizerFailure(source: source, location: location, problem: problem, remedy: remedy)
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
        var reader = JSONReader(bytes, repetition: .lastCounts)
        var members: [String: JSONNode] = [:]
        var modelMembers: [String: JSONNode] = [:]
        var vocabulary: [(token: String, id: Int)] = []
        var merges: [TokenizerDefinition.MergePair] = []
        try reader.object { reader, key in
            guard key == "model" else {
                members[key] = try reader.node()
                return
            }
            try reader.object { reader, key in
                switch key {
                case "vocab":
                    try reader.object { reader, token in
                        let id = try reader.number()
                        guard let whole = Int(exactly: id), whole >= 0, whole < Tokenizer.maximumVocabulary else {
                            throw reader.failure(
                                "the id \(id) of \"\(token)\" is not between 0 and \(Tokenizer.maximumVocabulary)")
                        }
                        vocabulary.append((token, whole))
                    }
                case "merges":
                    try reader.list { reader in
                        // What is too much is not read to its end.
                        guard merges.count < TokenizerBounds.merges else {
                            throw reader.failure("there are more than \(TokenizerBounds.merges) merges")
                        }
                        merges.append(try Self.merge(&reader))
                    }
                default: modelMembers[key] = try reader.node()
                }
            }
        }
        try reader.end()
        root = .object(members)
        model = .object(modelMembers)
        self.vocabulary = vocabulary
        self.merges = merges
    }

    private static func merge(_ reader: inout JSONReader) throws -> TokenizerDefinition.MergePair {
        if reader.isAtString() {
            let line = try reader.string()
            guard let pair = TokenizerDefinition.pair(line) else {
                throw reader.failure("the merge \"\(line)\" is not two pieces")
            }
            return pair
        }
        var parts: [String] = []
        try reader.list { parts.append(try $0.string()) }
        guard parts.count == 2 else { throw reader.failure("a merge of \(parts.count) pieces") }
        return TokenizerDefinition.MergePair(left: parts[0], right: parts[1])
    }

    // MARK: Vocabulary

    /// The added tokens, with those that the configuration alone names. Throws where both give an id to other texts.
    func addedTokens(_ configured: [AddedToken]) throws -> [AddedToken] {
        let own = try ownAddedTokens()
        var texts: [Int32: String] = [:]
        for (token, id) in vocabulary { texts[Int32(id)] = token }
        for token in own { texts[token.id] = token.content }
        let known = Set(own.map(\.id))
        let more = try configured.filter { token in
            guard let text = texts[token.id], Array(text.utf8) != Array(token.content.utf8) else {
                return !known.contains(token.id)
            }
            throw TokenizerFailure(
                source: "tokenizer_config.json", location: "added_tokens_decoder.\(token.id)",
                problem: "it names '\(token.content)', and tokenizer.json has '\(text)' there",
                remedy: "Fetch both files again: they are of different versions")
        }
        return own + more
    }

    private func ownAddedTokens() throws -> [AddedToken] {
        try (root["added_tokens"]?.list ?? []).enumerated().map { index, node in
            guard let id = node["id"]?.tokenID, id >= 0, id < Tokenizer.maximumVocabulary,
                let content = node["content"]?.string, !content.isEmpty
            else {
                throw failure(
                    "added_tokens[\(index)]", "it has no id from 0 to \(Tokenizer.maximumVocabulary) or no content",
                    "Fetch the file again")
            }
            return AddedToken(id: id, content: content, node)
        }
    }

    /// The pieces by id with their kinds; ids without a piece are empty and unused.
    func tokens(added: [AddedToken], hasByteTokens: Bool) throws -> ([String], [TokenKind]) {
        let highest = max(vocabulary.reduce(0) { max($0, $1.id) }, added.reduce(0) { max($0, Int($1.id)) })
        // Gaps are rare and small; a far id would cost memory for nothing.
        guard highest < 2 * (vocabulary.count + added.count) + 65_536 else {
            throw failure(
                "model.vocab", "the id \(highest) is far beyond the \(vocabulary.count) tokens", "Fetch the file again")
        }
        var tokens = [String](repeating: "", count: highest + 1)
        var kinds = [TokenKind](repeating: .unused, count: highest + 1)
        for (token, id) in vocabulary {
            tokens[id] = token
            kinds[id] = hasByteTokens && TokenizerRules.byteValue(token.utf8) != nil ? .byte : .normal
        }
        for token in added {
            if tokens[Int(token.id)].isEmpty { tokens[Int(token.id)] = token.content }
            kinds[Int(token.id)] = token.isSpecial ? .control : .userDefined
        }
        return (tokens, kinds)
    }

    // MARK: Steps

    /// The members of a sequence, or the one step there is.
    func flattened(_ key: String, _ list: String) -> [JSONNode] { root[key].map { Self.flatten($0, list) } ?? [] }

    private static func flatten(_ node: JSONNode, _ list: String) -> [JSONNode] {
        guard node["type"]?.string == "Sequence" else { return [node] }
        return (node[list]?.list ?? []).flatMap { flatten($0, list) }
    }

    func normalizers() throws -> [Normalizer] {
        try flattened("normalizer", "normalizers").map { node in
            switch node["type"]?.string {
            case "NFC": return .nfc
            case "NFD": return .nfd
            case "NFKC": return .nfkc
            case "NFKD": return .nfkd
            case "Lowercase": return .lowercase
            case "Prepend":
                if let text = node["prepend"]?.string { return .prepend(text) }
            case "Replace":
                if let pattern = node["pattern"]?["String"]?.string, !pattern.isEmpty,
                    let content = node["content"]?.string
                {
                    return .replace(pattern, with: content)
                }
            default: break
            }
            throw failure(
                "normalizer", "\(node["type"]?.string ?? "a step") as it is here is not supported",
                "Supported are NFC, NFD, NFKC, NFKD, Lowercase, Prepend and Replace of plain text")
        }
    }

    func preTokenizer(_ steps: [JSONNode], _ normalizers: [Normalizer]) throws -> PreTokenizer {
        let byteLevel = steps.last.flatMap { $0["type"]?.string == "ByteLevel" ? $0 : nil }
        let usesPattern = byteLevel?["use_regex"]?.bool ?? true
        let addsSpace = byteLevel?["add_prefix_space"]?.bool ?? true
        switch (steps.count, steps.first?["type"]?.string) {
        case (0, _): return .none
        case (1, "ByteLevel") where usesPattern: return .gpt2(addPrefixSpace: addsSpace)
        case (1, "Metaspace"):
            let step = steps[0]
            guard step["replacement"]?.string ?? "▁" == "▁" else { break }
            let scheme =
                step["prepend_scheme"]?.string ?? (step["add_prefix_space"]?.bool == false ? "never" : "always")
            let schemes: [String: PreTokenizer.PrefixScheme] = ["never": .never, "first": .first, "always": .always]
            guard let prefix = schemes[scheme] else { break }
            return .metaspace(prefix: prefix, splits: step["split"]?.bool ?? true)
        // Where spaces have become marks already, nothing is left to split at.
        case (1, "Split")
        where steps[0]["pattern"]?["String"]?.string == " " && normalizers.contains(.replace(" ", with: "▁")):
            return .none
        case (2, "Digits")
        where byteLevel != nil && usesPattern && !addsSpace && steps[0]["individual_digits"]?.bool == true:
            return .digitsThenGPT2
        case (2, "Split")
        where byteLevel != nil && !usesPattern && !addsSpace && steps[0]["behavior"]?.string == "Isolated":
            switch steps[0]["pattern"]?["Regex"]?.string {
            case Self.gpt2Pattern: return .gpt2(addPrefixSpace: false)
            case Self.llama3Pattern: return .llama3
            case Self.qwen2Pattern: return .qwen2
            case Self.qwen35Pattern: return .qwen35
            default: break
            }
        default: break
        }
        let names = steps.map { $0["type"]?.string ?? "?" }.joined(separator: ", ")
        throw failure(
            "pre_tokenizer", "\(names) as they are here are not supported",
            "Supported are those of GPT-2, SmolLM, Llama 3, Qwen 2, Qwen 3.5 and SentencePiece models")
    }

    private static let gpt2Pattern =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
    static let llama3Pattern =
        """
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| \
        ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+
        """
    static let qwen2Pattern =
        """
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| \
        ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+
        """

    static let qwen35Pattern =
        """
        (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| \
        ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+
        """

    /// Whether decoding drops a space at the start.
    func stripsLeadingSpace() -> Bool {
        flattened("decoder", "decoders").contains { step in
            switch step["type"]?.string {
            case "Strip": step["content"]?.string == " " && (step["start"]?.integer ?? 0) > 0
            case "Metaspace":
                step["prepend_scheme"].map { $0.string != "never" } ?? step["add_prefix_space"]?.bool ?? true
            default: false
            }
        }
    }

    /// The ids that the post-processor puts before and after one text.
    func surroundings(_ ids: TokenIDs) throws -> ([Int32], [Int32]) {
        var result: ([Int32], [Int32]) = ([], [])
        for step in flattened("post_processor", "processors") {
            switch step["type"]?.string {
            case "ByteLevel": continue
            case "TemplateProcessing":
                var isAfter = false
                for item in step["single"]?.list ?? [] {
                    if item["Sequence"] != nil {
                        isAfter = true
                    } else if let name = item["SpecialToken"]?["id"]?.string {
                        let listed = step["special_tokens"]?[name]?["ids"]?.list?.compactMap(\.tokenID)
                        guard let found = listed ?? ids.find(name).map({ [$0] }) else {
                            throw failure(
                                "post_processor", "\"\(name)\" is not in the vocabulary", "Fetch the file again")
                        }
                        if isAfter { result.1 += found } else { result.0 += found }
                    }
                }
            case let type:
                throw failure(
                    "post_processor", "\(type ?? "a step") is not supported",
                    "Supported are ByteLevel and TemplateProcessing")
            }
        }
        return result
    }
}

extension JSONNode {
    /// The value as a token's id, where it is one.
    fileprivate var tokenID: Int32? { integer.flatMap { Int32(exactly: $0) } }
}
