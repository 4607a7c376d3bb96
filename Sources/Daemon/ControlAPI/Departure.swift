import NIOCore
import Synchronization

/// Whether whoever asked has left: who ends his side of a connection waits for no answer.
final class Departure: Sendable {
    private struct State {
        var hasLeft = false
        var lastID = 0
        var waiting: [Int: @Sendable () -> Void] = [:]
    }
    private let state = Mutex(State())

    /// Runs `body` in a task that is cancelled when whoever asked leaves, or with the task of the caller.
    func cancelling<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await body() }
        let id = onLeaving { task.cancel() }
        defer { forget(id) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Calls `body` once when whoever asked leaves; at once where he has left. Returns what ``forget(_:)`` takes.
    func onLeaving(_ body: @escaping @Sendable () -> Void) -> Int {
        let id: Int? = state.withLock { state in
            guard !state.hasLeft else { return nil }
            state.lastID += 1
            state.waiting[state.lastID] = body
            return state.lastID
        }
        if id == nil { body() }
        return id ?? 0
    }

    func forget(_ id: Int) { state.withLock { _ = $0.waiting.removeValue(forKey: id) } }

    func leave() {
        let waiting = state.withLock { state in
            state.hasLeft = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for body in waiting { body() }
    }

    /// Sees the end of a connection's input, or of the whole connection.
    final class Watch: ChannelInboundHandler, Sendable {
        typealias InboundIn = Any
        let departure: Departure

        init(_ departure: Departure) { self.departure = departure }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .inputClosed? = event as? ChannelEvent { departure.leave() }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            departure.leave()
            context.fireChannelInactive()
        }
    }
}
