/// Text to token ids and back: byte-level BPE and SentencePiece BPE, with the ids of the `tokenizers` library.
///
/// Immutable and safe to share; each encoding borrows a cache of its own from a pool.
package final class Tokenizer: Sendable {
    /// The largest vocabulary that is accepted.
    package static let maximumVocabulary = 1 << 22

    let spelling: TokenizerDefinition.Spelling
    let pieces: PieceTable
    let merges: PairTable
    /// The token of each byte, or -1.
    let byteTokens: [Int32]
    let kinds: [TokenKind]
    let addedTokens: [AddedToken]
    let addedByID: [Int32: Int]
    let rawTrie: AddedTokenTrie
    let normalizedTrie: AddedTokenTrie
    let normalizers: [Normalizer]
    let preTokenizer: PreTokenizer
    let ignoresMerges: Bool
    let fallsBackToBytes: Bool
    let fusesUnknown: Bool
    let stripsLeadingSpace: Bool
    /// Scalars that stand right before a `▁` inside some piece: elsewhere a word may safely begin at a `▁`.
    let joinsBeforeMark: Set<UInt32>
    /// Whether the mark in front is put even before another, as SentencePiece itself does.
    let alwaysMarks: Bool
    let pool = EncoderPool()

    /// The token that opens a text, if the model has one.
    package let bos: Int32?
    /// The token that ends a text, if the model has one.
    package let eos: Int32?
    package let unknown: Int32?
    package let padding: Int32?
    /// Ids that `encode` puts in front when it is asked to add special tokens.
    package let prefix: [Int32]
    /// Ids that `encode` puts behind when it is asked to add special tokens.
    package let suffix: [Int32]
    /// Ids that end an answer, the end of text first.
    package let ends: [Int32]
    /// The texts of tokens that have a name, such as `sep_token`, for chat templates.
    package let names: [String: String]
    /// The chat template that came with the tokenizer.
    package let chatTemplate: String?

    /// The number of token ids.
    package var vocabularySize: Int { kinds.count }

    /// Builds the tables of a tokenizer.
    ///
    /// Throws `TokenizerFailure` when a merge names a piece that is not in the vocabulary.
    package init(_ definition: TokenizerDefinition) throws {
        try TokenizerRules.check(definition)
        spelling = definition.spelling
        kinds = definition.kinds
        addedTokens = definition.addedTokens
        normalizers = definition.normalizers
        preTokenizer = definition.preTokenizer
        ignoresMerges = definition.ignoresMerges
        fallsBackToBytes = definition.fallsBackToBytes
        fusesUnknown = definition.fusesUnknown
        stripsLeadingSpace = definition.stripsLeadingSpace
        bos = definition.bos
        eos = definition.eos
        unknown = definition.unknown
        padding = definition.padding
        prefix = definition.prefix
        suffix = definition.suffix
        ends = definition.ends
        names = definition.names
        chatTemplate = definition.chatTemplate

        pieces = TokenizerRules.pieces(of: definition)
        byteTokens = TokenizerRules.byteTokens(of: definition, pieces: pieces)
        switch definition.merges {
        case .pairs(let pairs):
            alwaysMarks = false
            merges = try TokenizerRules.merges(pairs, of: definition, pieces: pieces)
        case .scores(let scores):
            alwaysMarks = true
            merges = TokenizerRules.merges(scores: scores, pieces: pieces, kinds: definition.kinds)
        }
        joinsBeforeMark = TokenizerRules.joinsBeforeMark(definition)

        var raw = AddedTokenTrie()
        var normalized = AddedTokenTrie()
        var byID: [Int32: Int] = [:]
        for (index, token) in definition.addedTokens.enumerated() {
            byID[token.id] = index
            if token.isNormalized {
                normalized.insert(TextNormalizer.normalize(token.content, definition.normalizers), index: Int32(index))
            } else {
                raw.insert(token.content.utf8, index: Int32(index))
            }
        }
        rawTrie = raw
        normalizedTrie = normalized
        addedByID = byID
    }

    /// The id of a token as the vocabulary spells it, or of an added token.
    package func id(of token: String) -> Int32? {
        if let added = addedTokens.last(where: { $0.content.utf8.elementsEqual(token.utf8) }) { return added.id }
        let key = spelling == .bytes ? ByteAlphabet.decode(token) : Array(token.utf8)
        guard let id = key.map({ pieces.find($0) }), id >= 0 else { return nil }
        return id
    }

    /// How a token is written: an added token's text, otherwise the vocabulary's spelling of its bytes.
    package func name(of id: Int32) -> String? {
        guard id >= 0, Int(id) < kinds.count else { return nil }
        if let index = addedByID[id] { return addedTokens[index].content }
        if spelling == .sentencePiece { return String(decoding: pieces[id], as: UTF8.self) }
        var name = ""
        for byte in pieces[id] {
            if let scalar = Unicode.Scalar(ByteAlphabet.scalars[Int(byte)]) { name.unicodeScalars.append(scalar) }
        }
        return name
    }

    /// What a token is for; nil for an id outside of the vocabulary.
    package func kind(of id: Int32) -> TokenKind? { id >= 0 && Int(id) < kinds.count ? kinds[Int(id)] : nil }

    /// Whether a token controls the model rather than stands for text.
    package func isControl(_ id: Int32) -> Bool {
        if let index = addedByID[id] { return addedTokens[index].isSpecial }
        return kind(of: id).map { $0 == .control || $0 == .unknown } ?? false
    }
}
