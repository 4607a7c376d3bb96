import Generation
import Transformers

/// What is asked of one sequence.
package struct SequenceRequest {
    package var model: EngineModel
    package var prompt: [Int32]
    /// How tokens are drawn; ``GenerationOptions/maxNewTokens`` 0 draws none.
    package var options: GenerationOptions
    /// Tells draws of one seed apart.
    package var index: Int
    /// Likeliest tokens told with each token drawn; nil: no probabilities either.
    package var logprobs: Int?
    /// Positions of the prompt whose tokens' probabilities are wanted, in order, from 1 on.
    package var scored: [Int]
    /// Likeliest tokens told with each scored position.
    package var scoredTop: Int
    /// Added to the logits of single tokens before anything is drawn.
    package var bias: [Int32: Float]
    /// Taken from the logits of tokens that the answer has: once, and for each time.
    package var presencePenalty: Float
    package var frequencyPenalty: Float
    /// Says which tokens may come; nil: any.
    package var constraint: (any TokenConstraint)?

    package init(
        model: EngineModel, prompt: [Int32], options: GenerationOptions, index: Int = 0, logprobs: Int? = nil,
        scored: [Int] = [], scoredTop: Int = 0, bias: [Int32: Float] = [:], presencePenalty: Float = 0,
        frequencyPenalty: Float = 0, constraint: (any TokenConstraint)? = nil
    ) {
        self.model = model
        self.prompt = prompt
        self.options = options
        self.index = index
        self.logprobs = logprobs
        self.scored = scored
        self.scoredTop = scoredTop
        self.bias = bias
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.constraint = constraint
    }
}

/// Restricts what an answer may be, token by token.
package protocol TokenConstraint: AnyObject {
    /// Whether `token` may come next.
    func allows(_ token: Int32) -> Bool
    /// `token` came; it was allowed.
    func advance(_ token: Int32)
}

/// A token and its probability.
package struct TokenProbability: Hashable, Sendable {
    package var id: Int32
    /// Natural logarithm, of the model's own distribution.
    package var logprob: Float

    package init(id: Int32, logprob: Float) {
        self.id = id
        self.logprob = logprob
    }
}

/// What is told of a token: its probability, and the likeliest in its place.
package struct TokenReport: Hashable, Sendable {
    package var token: TokenProbability
    package var top: [TokenProbability]
}

/// Who is told what becomes of a sequence; called on the engine's thread, and must not wait.
package protocol SequenceListener: AnyObject {
    /// Its prompt is being read; so many tokens of it were known already.
    func began(_ sequence: EngineSequence, cached: Int)
    /// The next token of the answer. Returns false where nothing more is wanted.
    func drew(_ sequence: EngineSequence, _ token: Int32, _ report: TokenReport?) -> Bool
    /// Probabilities of the scored positions, some at a time, in order.
    func scored(_ sequence: EngineSequence, _ reports: [TokenReport])
    /// It is over.
    func ended(_ sequence: EngineSequence, _ end: SequenceEnd)
}

/// How a sequence ended.
package enum SequenceEnd {
    /// The model ended its turn, or the listener wanted no more.
    case stop
    /// It had as many tokens as it may have.
    case length
    /// It was taken back.
    case cancelled
    case failed(any Error)
}

/// A sequence at work: its tokens, and how far their keys and values are.
package final class EngineSequence {
    let request: SequenceRequest
    /// The prompt, then what was drawn.
    var tokens: [Int32]
    /// Tokens whose keys and values are in the pages.
    var computed = 0
    var pages: [KeyValuePage] = []
    /// What layers that go by the gated delta rule know of the tokens computed; nil before the first.
    var states: RecurrentStates?
    /// Scored positions that were told.
    var told = 0
    /// Its listener knows that it has begun.
    /// What is told of the token that ended the turn, where probabilities are asked for.
    var lastReport: TokenReport?
    var hasBegun = false
    /// A step has read some of it; until then others may still read what it begins with.
    var isReading = false
    var isOver = false
    package var isCancelled = false
    let listener: any SequenceListener

    package init(_ request: SequenceRequest, listener: any SequenceListener) {
        self.request = request
        self.listener = listener
        tokens = request.prompt
    }

    var model: EngineModel { request.model }
    var drawn: Int { tokens.count - request.prompt.count }
    /// Tokens to be computed for what is asked: where nothing is drawn, none from the last scored one on, which only
    /// those before it predict.
    var wanted: Int {
        guard request.options.maxNewTokens == 0, let last = request.scored.last else { return tokens.count }
        return last
    }
    /// Gives its pages back; all its tokens are to be computed again, to the same bits.
    func setBack() {
        letGo()
        computed = 0
    }

    /// Gives its memory back.
    func letGo() {
        pages = []
        states = nil
    }

    /// Whether giving its memory back would give anything.
    var holdsMemory: Bool { !pages.isEmpty || states != nil }

    /// Whether its pages went to somebody else after `count` tokens were to be computed.
    func isSetBack(_ count: Int) -> Bool { pages.count * KeyValuePages.tokens < computed + count }

    /// Whether only the token drawn last is to be computed.
    var isAnswering: Bool { drawn > 0 && computed == tokens.count - 1 }
}
