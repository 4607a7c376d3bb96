/// All that defines a tokenizer, as plain values: read from GGUF metadata or from a `tokenizer.json`.
package struct TokenizerDefinition: Sendable {
    /// How pieces of the vocabulary are spelt.
    package enum Spelling: Sendable, Equatable {
        /// Bytes, each written as one printable character (GPT-2's alphabet).
        case bytes
        /// Text, with `▁` for a space and `<0xNN>` for bytes without a piece.
        case sentencePiece
    }

    /// What orders the merges.
    package enum Merges: Sendable {
        /// Pairs of pieces, best first.
        case pairs([MergePair])
        /// One score for each token: the merged piece with the highest score goes first (SentencePiece).
        case scores([Float])
    }

    /// A merge of two pieces, as written in the file.
    package struct MergePair: Sendable, Equatable {
        package var left: String
        package var right: String

        package init(left: String, right: String) {
            self.left = left
            self.right = right
        }
    }

    /// Where it comes from, for messages.
    package var source: String
    package var spelling: Spelling
    /// The pieces by id; an id without a piece holds an empty string.
    package var tokens: [String]
    /// One for each token.
    package var kinds: [TokenKind]
    package var merges: Merges
    package var addedTokens: [AddedToken]
    package var normalizers: [Normalizer]
    package var preTokenizer: PreTokenizer
    /// A word that is a piece as a whole becomes that piece, whatever the merges say (Llama 3).
    package var ignoresMerges = false
    /// Characters without a piece are written as bytes.
    package var fallsBackToBytes = false
    /// Consecutive unknown characters become one unknown token.
    package var fusesUnknown = false
    /// Decoding drops one space at the very start, the counterpart of a prefix space.
    package var stripsLeadingSpace = false
    package var bos: Int32?
    package var eos: Int32?
    package var unknown: Int32?
    package var padding: Int32?
    /// Ids put before a text when the caller asks for special tokens, usually the BOS.
    package var prefix: [Int32] = []
    /// Ids put after a text when the caller asks for special tokens.
    package var suffix: [Int32] = []
    /// Ids that end an answer: ``eos`` first, then the others at which the model's generation stops.
    package var ends: [Int32] = []
    /// The texts of `bos_token`, `sep_token` and all others that have such a name, for chat templates.
    package var names: [String: String] = [:]
    /// What whoever brings the model should know of it, as sentences.
    package var remarks: [String] = []
    /// The chat template that came with the tokenizer.
    package var chatTemplate: String?

    /// The same without the tokens from `count` on, which the weights do not have.
    package func cut(to count: Int) -> TokenizerDefinition {
        var result = self
        result.tokens = Array(tokens.prefix(count))
        result.kinds = Array(kinds.prefix(count))
        result.addedTokens.removeAll { $0.id >= count }
        return result
    }
}
