import Nouns
import Serving
import Synchronization
import WorkerProtocol

/// A model whose worker is a closure: it says what a test has it say, and notes what it was asked.
package final class ScriptedModel: ServingPath {
    package typealias Feed = AsyncThrowingStream<ServingEvent, any Error>.Continuation

    private struct State {
        var requests: [ServingRequest] = []
        var takenBack = 0
    }
    private let state = Mutex(State())
    private let says: @Sendable (ServingRequest, Feed) throws -> Void

    /// - Parameter says: tells the events of a request and ends them; what it throws is thrown at once.
    package init(_ says: @escaping @Sendable (ServingRequest, Feed) throws -> Void) { self.says = says }

    /// A model that tells these events of every request.
    package convenience init(_ events: [ServingEvent]) {
        self.init { _, feed in
            for event in events { feed.yield(event) }
            feed.finish()
        }
    }

    package var versionsInUse: Set<VersionID> { [] }
    package var load: ServingLoad { ServingLoad() }
    package var requests: [ServingRequest] { state.withLock { $0.requests } }
    /// Requests whose asker left before their end.
    package var takenBack: Int { state.withLock { $0.takenBack } }

    package func events(_ request: ServingRequest) throws -> AsyncThrowingStream<ServingEvent, any Error> {
        state.withLock { $0.requests.append(request) }
        let (events, feed) = AsyncThrowingStream<ServingEvent, any Error>.makeStream()
        feed.onTermination = { [weak self] end in
            if case .cancelled = end { self?.state.withLock { $0.takenBack += 1 } }
        }
        try says(request, feed)
        return events
    }
}

// What a worker says, one line each.
extension ServingEvent {
    package static func began(_ tokens: Int, cached: Int = 0) -> ServingEvent {
        var event = ServingEvent(.began, id: "q")
        event.began = ServingBegan(promptTokens: tokens, cachedTokens: cached, seed: nil)
        return event
    }

    package static func said(_ text: String, choice: Int = 0, tokens: [ServingToken]? = nil) -> ServingEvent {
        var event = ServingEvent(.text, id: "q")
        (event.choice, event.text, event.tokens) = (choice, text, tokens)
        return event
    }

    package static func called(_ name: String, _ arguments: String, index: Int = 0) -> ServingEvent {
        var event = ServingEvent(.call, id: "q")
        (event.choice, event.call) = (0, ServingCall(index: index, name: name, arguments: arguments))
        return event
    }

    /// - Parameter last: the token that ended the turn.
    package static func ended(
        _ finish: String = "stop", choice: Int = 0, tokens: Int = 1, last: ServingToken? = nil
    ) -> ServingEvent {
        var event = ServingEvent(.ended, id: "q")
        (event.choice, event.ended) = (choice, ServingEnded(finish: finish, tokens: tokens))
        event.tokens = last.map { [$0] }
        return event
    }
}
