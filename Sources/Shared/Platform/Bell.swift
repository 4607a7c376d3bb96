import Dispatch
import Synchronization

/// A bell between loops: whoever waits is woken by the next ring, and a ring while nobody waits is not lost. Rings
/// coalesce.
///
/// Not an AsyncStream: cancelling a task that waits on one ends the stream for good, so that every later wait would
/// return at once.
package final class Bell: Sendable {
    private struct State {
        var isRung = false
        var waiters: [Int: Waiter] = [:]
        var next = 0
    }

    /// Somebody who waits, and the timer that ends it. The timer goes with the waiting: the one of a sleep that is
    /// cancelled stays in memory until its time has come, and most waits end by a ring.
    private struct Waiter: @unchecked Sendable {
        let continuation: CheckedContinuation<Void, Never>
        let timer: any DispatchSourceTimer

        func resume() {
            timer.cancel()
            continuation.resume()
        }
    }
    private static let queue = DispatchQueue(label: "bells")
    private let state = Mutex(State())

    package init() {}

    /// Wakes the waiter, now or when it next waits.
    package func ring() {
        let waiters = state.withLock { state in
            if state.waiters.isEmpty { state.isRung = true }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits for a ring, at most `limit` (and a twentieth of it more, at most a second, so that waits end together).
    /// Returns early when the task is cancelled.
    package func wait(atMost limit: Duration) async {
        let number = state.withLock { state in
            state.next &+= 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = Waiter(continuation: continuation, timer: timer(limit, for: number))
                let returnsNow = state.withLock { state in
                    // Cancelled before it got here, its handler found no one to wake.
                    if state.isRung || Task.isCancelled {
                        state.isRung = Task.isCancelled && state.isRung
                        return true
                    }
                    state.waiters[number] = waiter
                    return false
                }
                waiter.timer.activate()
                if returnsNow { waiter.resume() }
            }
        } onCancel: {
            end(number)
        }
    }

    private func end(_ number: Int) { state.withLock { $0.waiters.removeValue(forKey: number) }?.resume() }

    /// A timer that ends the waiting of `number`, not yet set.
    private func timer(_ limit: Duration, for number: Int) -> any DispatchSourceTimer {
        let longest = Duration.seconds(10 * 365 * 86_400)
        let (seconds, attoseconds) = max(.zero, min(limit, longest)).components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        let timer = DispatchSource.makeTimerSource(queue: Self.queue)
        timer.schedule(
            deadline: .now() + .nanoseconds(nanoseconds),
            leeway: .nanoseconds(min(nanoseconds / 20, 1_000_000_000)))
        timer.setEventHandler { [weak self] in self?.end(number) }
        return timer
    }
}
