/// How normalised text is cut into words before merging.
package enum PreTokenizer: Sendable, Equatable {
    /// The whole text is one word, as in SentencePiece models.
    case none
    /// GPT-2's pattern, after an optional space in front.
    case gpt2(addPrefixSpace: Bool)
    /// Every digit on its own, then GPT-2's pattern: SmolLM, StarCoder, Command R.
    case digitsThenGPT2
    /// Llama 3's pattern: numbers in groups of at most three.
    case llama3
    /// Qwen 2's pattern: Llama 3's with every digit on its own.
    case qwen2
    /// Qwen 3.5's pattern: Qwen 2's with marks as a part of words.
    case qwen35
    /// SentencePiece's white space: spaces become `▁`, with one put in front as the scheme says.
    case metaspace(prefix: PrefixScheme, splits: Bool)

    /// When a `▁` is put in front.
    package enum PrefixScheme: Sendable, Equatable {
        case never
        /// Only at the very start of the text.
        case first
        /// At the start and after every added token.
        case always
    }
}
