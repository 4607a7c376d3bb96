import ControlProtocol
import Nouns
import Serving
import StageKit
import WorkerProtocol

/// Chooses among given answers by how likely the model is to give each.
package struct WireDecisions: Sendable {
    let context: StageContext
    let serving: any ServingPath

    /// Questions of one request that are asked at a time.
    private static let atOnce = 8

    private static let places = WirePlaces([
        ("question.messages", "input"), ("question.prompt", "input"), ("question", "input"), ("answers", "questions"),
    ])

    /// Decides every question. Throws a Failure by the names of the request's fields.
    package func create(_ body: DecisionBody, who: Principal) async throws -> DecisionAnswers {
        let target = try ServingNames(context, Sight(context.ledger, who)).target(body.model)
        let requests = body.questions.map { question in
            ServingRequest(
                target: target, question: DecisionRules.question(body, question),
                answers: question.options.map(\.text), caller: who.owner)
        }
        let told = try await Self.places.naming { try await scores(requests) }
        return DecisionAnswers(
            model: target.name,
            usage: ResponseUsage(
                input: told.reduce(0) { $0 + $1.prompt }, cached: told.reduce(0) { $0 + $1.cached }, output: 0),
            answers: zip(body.questions, told).map { DecisionRules.answer($0, $1.logarithms) })
    }

    /// What a model says of one question.
    private struct Told: Sendable {
        var prompt = 0
        var cached = 0
        /// Nil where the model's numbers are none: that question alone has no answer.
        var logarithms: [Double]?
    }

    private func scores(_ requests: [ServingRequest]) async throws -> [Told] {
        try await withThrowingTaskGroup(of: (Int, Told).self) { group in
            var told = Array(repeating: Told(), count: requests.count)
            for (index, request) in requests.enumerated() {
                if index >= Self.atOnce, let (done, answer) = try await group.next() { told[done] = answer }
                group.addTask { (index, try await score(request)) }
            }
            for try await (done, answer) in group { told[done] = answer }
            return told
        }
    }

    private func score(_ request: ServingRequest) async throws -> Told {
        var told = Told()
        do {
            for try await event in try serving.events(request) {
                if let began = event.began { (told.prompt, told.cached) = (began.promptTokens, began.cachedTokens) }
                if let scores = event.scores { told.logarithms = scores }
            }
        } catch let failure as Failure where failure.code == "serving.not_finite" {}
        try Task.checkCancellation()
        return told
    }
}
