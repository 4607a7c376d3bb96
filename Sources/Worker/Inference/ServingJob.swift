import Nouns
import Tokenization
import WorkerProtocol

/// One order at work: its sequences, and what its sender is told of them. On the engine's thread alone.
final class ServingJob: SequenceListener {
    private let id: String
    let client: any ServingClient
    private let tokenizer: Tokenizer
    private let promptTokens: Int
    private let seed: UInt64?
    private let isScoring: Bool
    /// Whether the prompt's tokens are told.
    private let tellsPrompt: Bool
    private var texts: [AnswerText]
    /// Reads calls of tools out of each choice's text; nil where none may be called.
    private var readers: [CallReader?]
    private let mostCalls: Int
    private var sums: [Double]
    private var scored: [Int]
    /// Until it is over: they know it as well, and neither would ever go.
    private(set) var sequences: [EngineSequence] = []
    private var left = 0
    private var hasBegun = false
    private(set) var isOver = false

    /// - Parameters:
    ///   - requests: one a choice, or one an answer that is scored.
    ///   - stops: texts before which an answer ends.
    ///   - seed: what the draws depend on; nil where nothing is drawn.
    ///   - tellsPrompt: whether the tokens of the first one's prompt are told.
    ///   - calls: reads calls of tools; nil where none may be called.
    ///   - mostCalls: calls after which an answer ends.
    init(
        _ id: String, _ requests: [SequenceRequest], tokenizer: Tokenizer, promptTokens: Int, stops: [String],
        seed: UInt64?, isScoring: Bool, tellsPrompt: Bool = false, calls: CallReader? = nil, mostCalls: Int = .max,
        _ client: any ServingClient
    ) {
        self.id = id
        self.client = client
        self.tokenizer = tokenizer
        self.promptTokens = promptTokens
        self.seed = seed
        self.isScoring = isScoring
        self.tellsPrompt = tellsPrompt
        texts = requests.map { _ in AnswerText(tokenizer, stops: stops, showsControl: calls != nil) }
        readers = requests.map { _ in calls }
        self.mostCalls = mostCalls
        sums = requests.map { _ in 0 }
        scored = requests.map { _ in 0 }
        left = requests.count
        sequences = requests.map { EngineSequence($0, listener: self) }
    }

    /// Takes the order back; it leaves at the next step.
    func cancel() { for sequence in sequences { sequence.isCancelled = true } }

    /// It is taken back before it was begun.
    func abandon() {
        cancel()
        fail(
            Failure(code: "request.cancelled", "The request was taken back.", remedy: "Ask again, if it was an error."))
    }

    /// Fails as a whole.
    func fail(_ failure: Failure) {
        guard !isOver else { return }
        cancel()
        close()
        var event = ServingEvent(.failed, id: id)
        event.failure = failure
        client.tell(event)
    }

    func began(_ sequence: EngineSequence, cached: Int) {
        guard !hasBegun, !isOver else { return }
        hasBegun = true
        var event = ServingEvent(.began, id: id)
        event.began = ServingBegan(promptTokens: promptTokens, cachedTokens: min(cached, promptTokens), seed: seed)
        client.tell(event)
        guard tellsPrompt, let token = sequence.request.prompt.first else { return }
        // Nothing is before the first one that it could follow from.
        event = ServingEvent(.prompt, id: id)
        event.tokens = [ServingToken(id: token, bytes: tokenizer.bytes(of: token), logprob: nil)]
        client.tell(event)
    }

    func drew(_ sequence: EngineSequence, _ token: Int32, _ report: TokenReport?) -> Bool {
        guard !isOver, let choice = choice(sequence) else { return false }
        tell(choice, texts[choice].push(token, report), isLast: false)
        return !texts[choice].isStopped && readers[choice]?.count ?? 0 < mostCalls
    }

    func scored(_ sequence: EngineSequence, _ reports: [TokenReport]) {
        guard !isOver, let choice = choice(sequence) else { return }
        if isScoring {
            for report in reports { sums[choice] += Double(report.token.logprob) }
        } else if choice == 0 {
            var event = ServingEvent(.prompt, id: id)
            event.tokens = reports.map(told)
            client.tell(event)
        }
    }

    func ended(_ sequence: EngineSequence, _ end: SequenceEnd) {
        guard !isOver, let choice = choice(sequence) else { return }
        switch end {
        case .stop: finish(choice, sequence, "stop")
        case .length: finish(choice, sequence, "length")
        case .cancelled:
            fail(
                Failure(
                    code: "request.cancelled", "The request was taken back.",
                    remedy: "Ask again, if it was an error."))
        case .failed(let error): fail(QuestionRules.failure(error))
        }
    }

    private func finish(_ choice: Int, _ sequence: EngineSequence, _ finish: String) {
        left -= 1
        if !isScoring {
            tell(choice, texts[choice].finish(), isLast: true)
            var event = ServingEvent(.ended, id: id)
            event.choice = choice
            event.ended = ServingEnded(
                finish: finish == "stop" && readers[choice]?.count ?? 0 > 0 ? "tool_calls" : finish,
                tokens: sequence.drawn)
            event.tokens = sequence.lastReport.map { [told($0)] }
            client.tell(event)
        }
        guard left == 0 else { return }
        close()
        if isScoring {
            var event = ServingEvent(.scored, id: id)
            event.scores = sums
            client.tell(event)
        }
        client.tell(ServingEvent(.done, id: id))
    }

    private func close() {
        isOver = true
        sequences = []
    }

    private func tell(_ choice: Int, _ piece: (text: String, tokens: [TokenReport]), isLast: Bool) {
        var tokens = piece.tokens
        func tell(_ text: String) {
            guard !text.isEmpty || !tokens.isEmpty else { return }
            var event = ServingEvent(.text, id: id)
            event.choice = choice
            event.text = text
            if !tokens.isEmpty { event.tokens = tokens.map(told) }
            tokens = []
            client.tell(event)
        }
        guard readers[choice] != nil else { return tell(piece.text) }
        var pieces = piece.text.isEmpty ? [] : readers[choice]?.push(piece.text) ?? []
        if isLast { pieces += readers[choice]?.finish() ?? [] }
        var index = (readers[choice]?.count ?? 0) - pieces.count { if case .call = $0 { true } else { false } }
        for piece in pieces {
            switch piece {
            case .text(let text): tell(text)
            case .call(let name, let arguments):
                guard index < mostCalls else { continue }
                var event = ServingEvent(.call, id: id)
                event.choice = choice
                event.call = ServingCall(index: index, name: name, arguments: arguments)
                client.tell(event)
                index += 1
            }
        }
        // Tokens of what is held back, or of a call, are told all the same.
        tell("")
    }

    private func choice(_ sequence: EngineSequence) -> Int? { sequences.firstIndex { $0 === sequence } }

    private func told(_ report: TokenReport) -> ServingToken {
        func token(_ token: TokenProbability) -> ServingToken {
            ServingToken(id: token.id, bytes: tokenizer.bytes(of: token.id), logprob: token.logprob)
        }
        var result = token(report.token)
        result.top = report.top.map(token)
        return result
    }
}
