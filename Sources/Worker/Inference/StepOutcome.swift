/// What a row of logits came to.
struct StepOutcome {
    var isFinite = true
    var token: Int32 = 0
    var report: TokenReport?

    init() {}

    init(
        _ sequence: EngineSequence, _ position: Int, _ logits: UnsafeMutablePointer<Float>, _ vocabulary: Int
    ) {
        isFinite = TokenChoice.isFinite(logits, vocabulary)
        guard isFinite else { return }
        let request = sequence.request
        if position < sequence.tokens.count {
            report = TokenChoice.report(logits, vocabulary, sequence.tokens[position], top: request.scoredTop)
            return
        }
        guard let top = request.logprobs else {
            token = TokenChoice.pick(sequence, logits, vocabulary)
            return
        }
        // The probabilities are the model's own: they are read before anything is added to the logits.
        var own = Array(UnsafeBufferPointer(start: logits, count: vocabulary))
        token = TokenChoice.pick(sequence, logits, vocabulary)
        report = own.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { TokenChoice.report($0, vocabulary, token, top: top) }
        }
    }
}
