/// A preferred and a rejected answer to the same prompt.
package struct PreferencePair: Sendable, Hashable {
    package var chosen: TokenSequence
    package var rejected: TokenSequence

    package init(chosen: TokenSequence, rejected: TokenSequence) {
        self.chosen = chosen
        self.rejected = rejected
    }
}

/// One row as training takes it; each kind has a loss of its own.
package enum TrainingExample: Sendable, Hashable {
    /// Its labelled tokens are to be predicted.
    case answer(TokenSequence)
    /// The one answer is to become likelier than the other.
    case pair(PreferencePair)

    /// Tokens as the row has them, both answers with their prompt.
    package var tokens: Int {
        switch self {
        case .answer(let sequence): sequence.ids.count
        case .pair(let pair): pair.chosen.ids.count + pair.rejected.ids.count
        }
    }

    /// Tokens that carry a label.
    package var labels: Int {
        switch self {
        case .answer(let sequence): sequence.labels
        case .pair(let pair): pair.chosen.labels + pair.rejected.labels
        }
    }

    /// The pair, where it is one.
    package var pair: PreferencePair? {
        if case .pair(let pair) = self { pair } else { nil }
    }
}
