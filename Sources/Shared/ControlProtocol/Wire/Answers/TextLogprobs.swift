import WorkerProtocol

/// How likely the tokens of a text were, by the model's own distribution: four lists of one length.
package struct TextLogprobs: Codable, Hashable, Sendable {
    /// A token that is no whole character is spelt `bytes:\xc3`.
    package var tokens: [String] = []
    /// Natural logarithms; null for the first token of a prompt, and -9999 for what cannot be.
    package var token_logprobs: [Float?] = []
    /// The likeliest in each place; null for the first token of a prompt.
    package var top_logprobs: [[String: Float]?] = []
    /// Where each token begins in the text, in characters (Unicode scalars).
    package var text_offset: [Int] = []

    package init() {}

    package mutating func add(_ token: ServingToken, at offset: Int) {
        tokens.append(token.spelling)
        token_logprobs.append(token.logprob == nil ? nil : token.natural)
        top_logprobs.append(
            token.logprob == nil
                ? nil
                : Dictionary((token.top ?? []).map { ($0.spelling, $0.natural) }, uniquingKeysWith: { max($0, $1) }))
        text_offset.append(offset)
    }
}

extension ServingToken {
    /// Its text, or its bytes where they are no whole characters.
    fileprivate var spelling: String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return "\\x" + (text.count == 1 ? "0" + text : text)
        }
        return "bytes:" + digits.joined()
    }
}
