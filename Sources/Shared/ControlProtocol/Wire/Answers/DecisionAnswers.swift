import Nouns

/// What was decided, in the order of the questions.
package struct DecisionAnswers: Codable, Hashable, Sendable {
    /// The version that answered.
    package var model: String
    package var usage: ResponseUsage
    package var answers: [DecisionAnswer]

    package init(model: String, usage: ResponseUsage, answers: [DecisionAnswer]) {
        self.model = model
        self.usage = usage
        self.answers = answers
    }
}

/// What was decided about one question; which members there are depends on its type.
package struct DecisionAnswer: Codable, Hashable, Sendable {
    /// An option with its probability; a level has its place from 0 as value.
    package struct Share: Codable, Hashable, Sendable {
        package var label: String?
        package var value: JSONValue
        package var probability: Double

        package init(label: String? = nil, value: JSONValue, probability: Double) {
            self.label = label
            self.value = value
            self.probability = probability
        }
    }

    /// `choice`, `predicate` or `score`; `refusal` where the model's numbers are none.
    package var type: String
    @OrNull package var name: String?
    package var choice: JSONValue?
    package var probability: Double?
    package var score: Double?
    package var confidence: Double?
    package var probabilities: [Share]?

    package init(type: String, name: String?) {
        self.type = type
        self.name = name
    }
}
