import WorkerProtocol

/// How likely the tokens of an answer were, by the model's own distribution.
package struct ChatLogprobs: Codable, Hashable, Sendable {
    package var content: [ChatToken]
    /// Always null: refusals are content.
    @OrNull package var refusal: [ChatToken]?

    package init(_ tokens: [ServingToken]) {
        content = tokens.map(ChatToken.init)
        refusal = nil
    }
}

/// A token with its probability, and the likeliest in its place.
package struct ChatToken: Codable, Hashable, Sendable {
    /// U+FFFD stands for what is no whole character.
    package var token: String
    /// Natural logarithm; -9999 for what cannot be.
    package var logprob: Float
    /// The token's share of the answer's UTF-8.
    package var bytes: [UInt8]
    package var top_logprobs: [Likely]

    /// A token that might have been.
    package struct Likely: Codable, Hashable, Sendable {
        package var token: String
        package var logprob: Float
        package var bytes: [UInt8]

        init(_ token: ServingToken) {
            self.token = token.text
            logprob = token.natural
            bytes = token.bytes
        }
    }

    package init(_ token: ServingToken) {
        self.token = token.text
        logprob = token.natural
        bytes = token.bytes
        top_logprobs = (token.top ?? []).map(Likely.init)
    }
}

extension ServingToken {
    /// Its bytes as text; U+FFFD stands for what is no whole character.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
    /// Its probability's logarithm as a number that JSON has.
    package var natural: Float { logprob.map { $0.isFinite ? $0 : -9999 } ?? -9999 }
}
