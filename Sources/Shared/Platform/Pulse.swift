import Synchronization

/// The sign of life of a thread that works for a stage.
///
/// It beats whenever the thread is free to do what it is asked for, and from within long honest work, which calls
/// ``beat()`` after each piece. A thread that hangs in a call or turns in a circle does neither.
package final class Pulse: Sendable {
    private struct State {
        var last = SuspendingClock.now
        var isAsked = false
    }
    private let state = Mutex(State())
    private let thread: ThreadExecutor
    package let name: String

    @TaskLocal private static var current: Pulse?

    package init(_ name: String, of thread: ThreadExecutor) {
        self.name = name
        self.thread = thread
    }

    /// Says that the work at hand has come further; costs nothing worth counting.
    package static func beat() { current?.beat() }

    /// Does `body`, whose calls of ``beat()`` count for this pulse.
    package func during<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        try await Self.$current.withValue(self) { try await body() }
    }

    /// How long nothing was seen of the thread; time that the machine slept does not count.
    package var quiet: Duration { SuspendingClock.now - state.withLock { $0.last } }

    /// Has the thread beat as soon as it is free.
    package func ask() {
        let isAsked = state.withLock { state in
            defer { state.isAsked = true }
            return state.isAsked
        }
        if isAsked { return }
        Task(executorPreference: thread) { [self] in
            state.withLock { state in
                state.last = .now
                state.isAsked = false
            }
        }
    }

    private func beat() { state.withLock { $0.last = .now } }
}
