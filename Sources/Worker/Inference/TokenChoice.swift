import CKernels
import Generation

/// What one row of logits gives.
enum TokenChoice {
    /// Numbers that are not finite: the model, or what was trained on it, is broken.
    struct NotFinite: Error {}

    /// Whether a row can be drawn from.
    static func isFinite(_ logits: UnsafePointer<Float>, _ vocabulary: Int) -> Bool {
        ck_sum_of_squares(Int64(vocabulary), logits).isFinite
    }

    /// The probability of `id`, and the `top` likeliest.
    static func report(_ logits: UnsafeMutablePointer<Float>, _ vocabulary: Int, _ id: Int32, top: Int) -> TokenReport {
        var correct: Int32 = 0
        // Without a gradient the logits stay as they are.
        let loss = ck_cross_entropy(Int64(vocabulary), logits, Int64(id), 0, 0, &correct)
        let whole = Double(logits[Int(id)]) + Double(loss)
        return TokenReport(
            token: TokenProbability(id: id, logprob: -loss),
            top: likeliest(logits, vocabulary, top).map {
                TokenProbability(id: $0, logprob: Float(Double(logits[Int($0)]) - whole))
            })
    }

    /// The `count` largest, the largest first, the first of equals first.
    private static func likeliest(_ logits: UnsafePointer<Float>, _ vocabulary: Int, _ count: Int) -> [Int32] {
        var best: [Int32] = []
        guard count > 0 else { return best }
        for id in 0..<vocabulary where best.count < count || logits[id] > logits[Int(best[best.count - 1])] {
            if best.count == count { best.removeLast() }
            let place = best.firstIndex { logits[Int($0)] < logits[id] } ?? best.count
            best.insert(Int32(id), at: place)
        }
        return best
    }

    /// The next token of `sequence`; changes the logits where it asks for that.
    static func pick(_ sequence: EngineSequence, _ logits: UnsafeMutablePointer<Float>, _ vocabulary: Int) -> Int32 {
        let request = sequence.request
        for (id, value) in request.bias where id >= 0 && Int(id) < vocabulary { logits[Int(id)] += value }
        if request.presencePenalty != 0 || request.frequencyPenalty != 0 {
            var times: [Int32: Float] = [:]
            for id in sequence.tokens[request.prompt.count...] { times[id, default: 0] += 1 }
            for (id, count) in times {
                logits[Int(id)] -= request.presencePenalty + request.frequencyPenalty * count
            }
        }
        let sampler = Sampler(options: request.options)
        func draw(_ attempt: Int) -> Int32 {
            sampler.pick(
                logits, vocabulary: vocabulary, prompt: request.index, place: sequence.drawn, attempt: attempt)
        }
        guard let constraint = request.constraint else { return draw(0) }
        // What is drawn freely and fits is kept, so that a constraint that changes nothing changes nothing. What does
        // not fit is taken out and drawn again, which draws from what fits as it should; mostly that ends soon.
        for attempt in 0..<drawsBeforeAsking {
            let id = draw(attempt)
            if constraint.allows(id) { return id }
            logits[Int(id)] = -.infinity
        }
        for id in 0..<vocabulary where logits[id] > -.infinity && !constraint.allows(Int32(id)) {
            logits[id] = -.infinity
        }
        return draw(drawsBeforeAsking)
    }

    /// Tokens that are drawn in vain before each of the vocabulary is asked about.
    private static let drawsBeforeAsking = 64
}
