import Nouns

/// One line to a serving worker. docs/engine-protocol.md describes it.
package struct ServingOrder: Codable, Hashable, Sendable {
    package enum Operation: String, Codable, Hashable, Sendable {
        /// Answers a question.
        case generate
        /// Tells how likely whole answers are.
        case score
        /// Takes an earlier order of this connection back.
        case cancel
        /// Loads a model before anybody asks it.
        case load
        /// Lets a model go once its last request is done.
        case unload
        /// Tells how things stand.
        case state
    }

    /// Bytes that the line of an order may have.
    package static let longestLine = 16 << 20

    package var op: Operation
    /// Names the order in what is said of it; the sender's own, one of a kind while it is at work.
    package var id: String
    /// What is asked, loaded or let go.
    package var model: ModelReference?
    package var question: ServingQuestion?
    /// How the answer is drawn (nil: greedily).
    package var drawing: ServingDrawing?
    /// The answers whose likelihood is wanted, for `score`.
    package var answers: [String]?

    package init(
        _ op: Operation, id: String, model: ModelReference? = nil, question: ServingQuestion? = nil,
        drawing: ServingDrawing? = nil, answers: [String]? = nil
    ) {
        self.op = op
        self.id = id
        self.model = model
        self.question = question
        self.drawing = drawing
        self.answers = answers
    }
}

/// What a model is asked: one of the four.
package struct ServingQuestion: Codable, Hashable, Sendable {
    /// A conversation after which the assistant is to speak.
    package var messages: [Message]?
    /// Tools that the conversation's template is given: a list, or the same as JSON text, whose order and spelling the
    /// template then writes.
    package var tools: JSONValue?
    /// What is asked as the prompt of a row.
    package var prompt: String?
    /// A text that goes on, as it is.
    package var text: String?
    /// Token ids that go on, as they are.
    package var tokens: [Int32]?

    package init(
        messages: [Message]? = nil, tools: JSONValue? = nil, prompt: String? = nil, text: String? = nil,
        tokens: [Int32]? = nil
    ) {
        self.messages = messages
        self.tools = tools
        self.prompt = prompt
        self.text = text
        self.tokens = tokens
    }
}

/// How an answer is drawn.
package struct ServingDrawing: Codable, Hashable, Sendable {
    /// Longest answer in tokens (nil: up to the context's end).
    package var maxNewTokens: Int?
    /// 0 is greedy.
    package var temperature: Double?
    package var topP: Double?
    /// Draw only among so many likeliest tokens.
    package var topK: Int?
    /// The same seed draws the same answer (nil: a new one each time, which `began` tells).
    package var seed: UInt64?
    /// Independent draws.
    package var choices: Int?
    /// Texts before which an answer ends.
    package var stop: [String]?
    /// Tell each token's probability, and those of so many likeliest.
    package var logprobs: Int?
    /// Tell the same of the prompt's tokens.
    package var promptLogprobs: Int?
    /// Added to the logits of tokens, by id.
    package var bias: [String: Double]?
    package var presencePenalty: Double?
    package var frequencyPenalty: Double?
    /// What the answer has to be (nil: any text).
    package var format: ServingFormat?
    /// Whether tools may be called: `auto` (nil), `none`, `required`, or `named` with ``toolName``.
    package var toolChoice: ServingToolChoice?
    package var toolName: String?
    /// Whether an answer may have several calls (nil: yes).
    package var parallelCalls: Bool?

    package init(
        maxNewTokens: Int? = nil, temperature: Double? = nil, topP: Double? = nil, topK: Int? = nil,
        seed: UInt64? = nil, choices: Int? = nil, stop: [String]? = nil, logprobs: Int? = nil,
        format: ServingFormat? = nil
    ) {
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.seed = seed
        self.choices = choices
        self.stop = stop
        self.logprobs = logprobs
        self.format = format
    }
}

/// Whether an answer may call tools.
package enum ServingToolChoice: String, Codable, Hashable, Sendable {
    case auto, none, required, named
}

/// What an answer has to be.
package struct ServingFormat: Codable, Hashable, Sendable {
    /// The answer is JSON of this schema.
    package var schema: JSONValue
    package init(schema: JSONValue) { self.schema = schema }
}
