import Generation
import Transformers

/// The greedy answer to a prompt as far as sequences tell it that were scored anyway: while the likeliest token is
/// the one that a sequence goes on with, the sequence's next site says which is the likeliest after it.
struct ForeseenAnswer {
    /// A sequence that begins with the prompt, and the likeliest token in the place of each one after it.
    struct Scored {
        let ids: [Int32]
        let likeliest: [Int32]

        /// Nil where the sequence does not begin with the prompt, or other tokens are labelled than those after it.
        init?(_ sequence: TokenSequence, _ score: SequenceScore, prompt: [Int32]) {
            guard sequence.ids.starts(with: prompt), sequence.ids.count > prompt.count,
                let first = sequence.weights.firstIndex(where: { $0 != 0 }), first == prompt.count,
                sequence.weights[first...].prefix(while: { $0 != 0 }).count == score.likeliest.count
            else { return nil }
            ids = Array(sequence.ids[prompt.count...])
            likeliest = score.likeliest
        }
    }

    private(set) var ids: [Int32] = []
    /// Nil where the answer goes on in a way that no sequence knows.
    private(set) var finish: GeneratedTokens.Finish?

    /// - Parameters:
    ///   - scored: nothing is foreseen without any.
    ///   - room: the most tokens that the answer may have, at least 1.
    init(_ scored: [Scored], stopTokens: Set<Int32>, room: Int) {
        var known = scored
        while let next = known.first?.likeliest[ids.count] {
            if stopTokens.contains(next) {
                finish = .stop
                return
            }
            known.removeAll { $0.ids[ids.count] != next || ids.count + 1 >= $0.likeliest.count }
            ids.append(next)
            if ids.count >= room {
                finish = .length
                return
            }
        }
    }
}
