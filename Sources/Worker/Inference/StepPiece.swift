import Transformers

/// Some tokens of one sequence that a step computes.
struct StepPiece {
    let sequence: EngineSequence
    let count: Int
    /// The page of a piece before, whose beginning this one's first page begins with.
    var partial: KeyValuePage?

    /// The positions that the step computes.
    var reached: Range<Int> { sequence.computed..<sequence.computed + count }

    /// Tokens that this piece is about to compute of what another sequence begins with; 0 where that knows as many.
    func shared(with other: EngineSequence) -> Int {
        guard sequence.model.key == other.model.key, sequence.computed < sequence.request.prompt.count else { return 0 }
        let shared = min(TokenTree.commonPrefix(sequence.request.prompt, other.request.prompt), other.tokens.count - 1)
        return shared > other.computed && reached.upperBound > other.computed ? shared : 0
    }
}

extension [StepPiece] {
    /// The piece that computes most of what a sequence begins with; nil where none computes what it needs.
    func leader(of sequence: EngineSequence) -> StepPiece? {
        let all = map { (piece: $0, shared: $0.shared(with: sequence)) }
        return all.filter { $0.shared > 0 }.max { $0.shared < $1.shared }?.piece
    }

    /// The piece that predicts a sequence's token at `position`, where it is not the sequence's own.
    func teller(of sequence: EngineSequence, at position: Int) -> Int? {
        firstIndex { piece in
            let other = piece.sequence
            return other !== sequence && other.model.key == sequence.model.key
                && piece.reached.contains(position - 1) && other.tokens[..<position] == sequence.tokens[..<position]
        }
    }
}
