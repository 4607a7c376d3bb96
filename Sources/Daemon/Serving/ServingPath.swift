import Nouns
import WorkerProtocol

/// The one way to an answer, as operations use it.
package protocol ServingPath: Sendable {
    /// The events of a request, up to `done`; throws a Failure where it fails. Who stops reading takes it back.
    ///
    /// Throws at once where too many wait (`serving.full`) or the worker cannot be had (`serving.unavailable`).
    func events(_ request: ServingRequest) throws -> AsyncThrowingStream<ServingEvent, any Error>
    /// Versions that somebody is being answered by, or waits for.
    var versionsInUse: Set<VersionID> { get }
    /// How many questions there are now.
    var load: ServingLoad { get }
}

extension ServingPath {
    /// A whole answer. Throws a Failure.
    package func answer(_ request: ServingRequest) async throws -> ServingAnswer {
        var answer = ServingAnswer(text: "", finish: "", tokens: 0, promptTokens: 0, cachedTokens: 0)
        for try await event in try events(request) {
            if let began = event.began {
                (answer.promptTokens, answer.cachedTokens) = (began.promptTokens, began.cachedTokens)
            }
            if event.choice == 0 {
                answer.text += event.text ?? ""
                if let ended = event.ended { (answer.finish, answer.tokens) = (ended.finish, ended.tokens) }
            }
        }
        try Task.checkCancellation()
        return answer
    }

    /// How likely each of `request`'s answers is, as natural logarithms. Throws a Failure.
    package func scores(_ request: ServingRequest) async throws -> [Double] {
        var scores: [Double] = []
        for try await event in try events(request) { if let told = event.scores { scores = told } }
        try Task.checkCancellation()
        return scores
    }
}

extension ServingService: ServingPath {}
