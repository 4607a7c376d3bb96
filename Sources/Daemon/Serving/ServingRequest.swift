import Nouns
import WorkerProtocol

/// What is asked of the serving path.
package struct ServingRequest: Sendable {
    package var target: ServingTarget
    package var question: ServingQuestion
    /// How the answer is drawn; nil where answers are scored.
    package var drawing: ServingDrawing?
    /// The answers whose likelihood is wanted.
    package var answers: [String]?
    /// Whose turn it takes; nil: the daemon's own, which goes first.
    package var caller: String?

    package init(
        target: ServingTarget, question: ServingQuestion, drawing: ServingDrawing? = nil, answers: [String]? = nil,
        caller: String?
    ) {
        self.target = target
        self.question = question
        self.drawing = drawing
        self.answers = answers
        self.caller = caller
    }
}

/// A whole answer.
package struct ServingAnswer: Hashable, Sendable {
    package var text: String
    package var finish: String
    package var tokens: Int
    package var promptTokens: Int
    package var cachedTokens: Int

    package init(text: String, finish: String, tokens: Int, promptTokens: Int, cachedTokens: Int) {
        self.text = text
        self.finish = finish
        self.tokens = tokens
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
    }
}
