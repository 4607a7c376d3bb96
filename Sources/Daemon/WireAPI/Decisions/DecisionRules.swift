import ControlProtocol
import EvaluationMetrics
import Nouns
import WorkerProtocol

/// How a question is put to a model, and what its likelihoods mean. Pure.
enum DecisionRules {
    /// What the model is asked: the input alone as the pipeline's rows asked it, or followed in the same turn by what
    /// is to be decided.
    static func question(_ body: DecisionBody, _ question: DecisionBody.Question) -> ServingQuestion {
        let more = words(question)
        guard let text = body.text else {
            var messages = body.messages
            guard !more.isEmpty else { return ServingQuestion(messages: messages) }
            if let last = messages.indices.last, messages[last].role == "user" {
                messages[last].content += "\n\n" + more
            } else {
                messages.append(Message(role: "user", content: more))
            }
            return ServingQuestion(messages: messages)
        }
        return ServingQuestion(prompt: more.isEmpty ? text : text + "\n\n" + more)
    }

    /// The instructions and what is said of the options; empty where the input is to be asked as it is.
    private static func words(_ question: DecisionBody.Question) -> String {
        guard !question.instructions.isEmpty else { return "" }
        let described = question.options.compactMap { option in option.about.map { "- \(option.text): \($0)" } }
        return ([question.instructions] + described).joined(separator: "\n")
    }

    /// The answer, from the likelihood of each option in their order; nil: the model's numbers are none.
    static func answer(_ question: DecisionBody.Question, _ logarithms: [Double]?) -> DecisionAnswer {
        guard let logarithms, logarithms.count == question.options.count,
            let shares = Likelihoods.shares(logarithms), let best = shares.max(),
            let place = shares.firstIndex(of: best)
        else { return DecisionAnswer(type: "refusal", name: question.name) }
        var answer = DecisionAnswer(type: question.kind.rawValue, name: question.name)
        switch question.kind {
        case .choice:
            answer.choice = question.options[place].value
            let even = 1 / Double(shares.count)
            answer.confidence = (best - even) / (1 - even)
            answer.probabilities = zip(question.options, shares).map {
                DecisionAnswer.Share(value: $0.value, probability: $1)
            }
        case .predicate: answer.probability = shares[0]
        case .score:
            answer.score = zip(shares.indices, shares).reduce(0) { $0 + Double($1.0) * $1.1 }
            answer.confidence = confidence(shares, place)
            answer.probabilities = question.options.indices.map { index in
                DecisionAnswer.Share(
                    label: question.options[index].text, value: .integer(Int64(index)), probability: shares[index])
            }
        }
        return answer
    }

    /// How near the likeliest level the others are: 1 where it is certain, and 0 from where levels lie as far from it
    /// as evenly spread ones lie from their centre.
    private static func confidence(_ shares: [Double], _ place: Int) -> Double {
        let distance = zip(shares.indices, shares).reduce(0) { $0 + abs(Double($1.0 - place)) * $1.1 }
        let centre = Double(shares.count - 1) / 2
        let even = shares.indices.reduce(0) { $0 + abs(Double($1) - centre) } / Double(shares.count)
        return max(0, 1 - distance / even)
    }
}
