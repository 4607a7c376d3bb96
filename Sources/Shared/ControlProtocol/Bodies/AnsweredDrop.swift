import Nouns

/// How what was served did on a drop before it was learnt.
package struct AnsweredDrop: Codable, Hashable, Sendable {
    package var drop: DropID
    package var answers: DropAnswers
    package init(drop: DropID, answers: DropAnswers) {
        self.drop = drop
        self.answers = answers
    }
}
