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

    /// Somebody who waits, and what ends the waiting in time.
    private struct Waiter {
        let continuation: CheckedContinuation<Void, Never>
        let alarm: Int

        func resume() {
            Alarm.shared.takeBack(alarm)
            continuation.resume()
        }
    }
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

    /// Waits for a ring, at most `limit` and `leeway` more. Returns early when the task is cancelled.
    ///
    /// - Parameter leeway: by how much the wait may be longer, so that waits end together; a twentieth of it where it
    ///   is nil, at most a second.
    package func wait(atMost limit: Duration, leeway: Duration? = nil) async {
        let number = state.withLock { state in
            state.next &+= 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let returnsNow = state.withLock { state in
                    // Cancelled before it got here, its handler found no one to wake.
                    if state.isRung || Task.isCancelled {
                        state.isRung = Task.isCancelled && state.isRung
                        return true
                    }
                    let alarm = Alarm.shared.set(after: limit, leeway: leeway ?? min(limit / 20, .seconds(1))) {
                        [weak self] in self?.end(number)
                    }
                    state.waiters[number] = Waiter(continuation: continuation, alarm: alarm)
                    return false
                }
                if returnsNow { continuation.resume() }
            }
        } onCancel: {
            end(number)
        }
    }

    private func end(_ number: Int) { state.withLock { $0.waiters.removeValue(forKey: number) }?.resume() }
}
