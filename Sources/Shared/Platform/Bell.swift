import Synchronization

/// A bell between loops: whoever waits is woken by the next ring, and a ring while nobody waits is not lost. Rings
/// coalesce.
///
/// Not an AsyncStream: cancelling a task that waits on one ends the stream for good, so that every later wait would
/// return at once.
package final class Bell: Sendable {
    private struct State {
        var isRung = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
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

    /// Waits for a ring, at most `limit`. Returns early when the task is cancelled.
    package func wait(atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForRing() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForRing() async {
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
                    state.waiters[number] = continuation
                    return false
                }
                if returnsNow { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}
