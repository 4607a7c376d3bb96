import Nouns

/// One line from a serving worker. docs/engine-protocol.md describes it.
package struct ServingEvent: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable {
        /// The question's tokens are being read.
        case began
        /// A piece of an answer.
        case text
        /// A call of a tool.
        case call
        /// Probabilities of the prompt's tokens.
        case prompt
        /// A choice is complete.
        case ended
        /// The likelihoods of the answers of a `score`.
        case scored
        /// The order is done; nothing more is said of it.
        case done
        /// The order failed; nothing more is said of it.
        case failed
        case state
    }

    package var id: String
    package var event: Kind
    package var began: ServingBegan?
    /// Which draw it is about, from 0.
    package var choice: Int?
    /// Whole characters that nothing can take back.
    package var text: String?
    /// The tokens of `text`, where probabilities are asked for; of `ended`, the one that ended the turn.
    package var tokens: [ServingToken]?
    package var call: ServingCall?
    package var ended: ServingEnded?
    /// Natural logarithms of the probabilities of whole answers with their end of turn, in the order of the answers.
    package var scores: [Double]?
    package var failure: Failure?
    package var state: ServingState?

    package init(_ event: Kind, id: String) {
        self.event = event
        self.id = id
    }
}

/// What is known once a question is being read.
package struct ServingBegan: Codable, Hashable, Sendable {
    package var promptTokens: Int
    /// Tokens of it whose keys and values were there already.
    package var cachedTokens: Int
    /// What the draws depend on; nil where nothing is drawn.
    package var seed: UInt64?
    package init(promptTokens: Int, cachedTokens: Int, seed: UInt64?) {
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.seed = seed
    }
}

/// A call of a tool.
package struct ServingCall: Codable, Hashable, Sendable {
    /// Which call of its answer it is, from 0.
    package var index: Int
    package var name: String
    /// A JSON object, as the model wrote it.
    package var arguments: String
    package init(index: Int, name: String, arguments: String) {
        self.index = index
        self.name = name
        self.arguments = arguments
    }
}

/// How a choice ended.
package struct ServingEnded: Codable, Hashable, Sendable {
    /// `stop` (end of turn, or a stop text), `length`, or `tool_calls`.
    package var finish: String
    /// Tokens that were drawn, without the one that ends the turn.
    package var tokens: Int
    package init(finish: String, tokens: Int) {
        self.finish = finish
        self.tokens = tokens
    }
}

/// A token, and how likely it was.
package struct ServingToken: Codable, Hashable, Sendable {
    package var id: Int32
    /// Bytes of its text; a token may be half a character.
    package var bytes: [UInt8]
    /// Natural logarithm, of the model's own distribution; nil for the first token of a prompt.
    package var logprob: Float?
    /// The likeliest in its place, the likeliest first.
    package var top: [ServingToken]?
    package init(id: Int32, bytes: [UInt8], logprob: Float?, top: [ServingToken]? = nil) {
        self.id = id
        self.bytes = bytes
        self.logprob = logprob
        self.top = top
    }
}

/// How things stand in a serving worker.
package struct ServingState: Codable, Hashable, Sendable {
    /// Contents of the models that are loaded.
    package var models: [String]
    /// Sequences at work, and those that wait for a place among them.
    package var running: Int
    package var waiting: Int
    /// Bytes of keys and values, and what they may take.
    package var cacheBytes: Int
    package var cacheLimit: Int
    package var steps: Int
    package init(models: [String], running: Int, waiting: Int, cacheBytes: Int, cacheLimit: Int, steps: Int) {
        self.models = models
        self.running = running
        self.waiting = waiting
        self.cacheBytes = cacheBytes
        self.cacheLimit = cacheLimit
        self.steps = steps
    }
}
