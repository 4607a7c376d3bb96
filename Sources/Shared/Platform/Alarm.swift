import CPlatform
import Dispatch
import Foundation
import Synchronization

/// Ends waits whose time has come, on one thread for all of them.
///
/// Nearly every wait ends by something else before. That costs nothing here, and waits that may end together wake the
/// thread once. A timer of Dispatch for each woke threads when it was set, when it ended and when it was taken back:
/// four times a second in a daemon that had nothing to do.
final class Alarm: Sendable {
    private struct State {
        var waits: [Int: (time: UInt64, end: @Sendable () -> Void)] = [:]
        var next = 0
        /// When the thread wakes by itself.
        var wakes = UInt64.max
    }

    static let shared = Alarm()

    private let state = Mutex(State())
    private let isSooner = DispatchSemaphore(value: 0)
    private static let longest = Duration.seconds(10 * 365 * 86_400)

    private init() {
        Thread.detachNewThread { [self] in
            ft_prepare_thread("alarm", 0)
            while true {
                let wakes = ring()
                let time = wakes == .max ? DispatchTime.distantFuture : DispatchTime(uptimeNanoseconds: wakes)
                _ = isSooner.wait(timeout: time)
            }
        }
    }

    /// Calls `end` once `limit` is over and at most `leeway` later, unless the wait is taken back before.
    ///
    /// - Returns: what the wait is taken back by.
    func set(after limit: Duration, leeway: Duration, _ end: @escaping @Sendable () -> Void) -> Int {
        let step = max(1, Self.nanoseconds(leeway))
        let time = (DispatchTime.now().uptimeNanoseconds + Self.nanoseconds(limit) + step - 1) / step * step
        return state.withLock { state in
            state.next += 1
            state.waits[state.next] = (time, end)
            if time < state.wakes {
                state.wakes = time
                isSooner.signal()
            }
            return state.next
        }
    }

    func takeBack(_ number: Int) { state.withLock { _ = $0.waits.removeValue(forKey: number) } }

    /// Ends what is due, and returns when the next is.
    private func ring() -> UInt64 {
        let (due, wakes) = state.withLock { state in
            let now = DispatchTime.now().uptimeNanoseconds
            let due = state.waits.filter { $0.value.time <= now }
            for number in due.keys { state.waits[number] = nil }
            state.wakes = state.waits.values.map(\.time).min() ?? .max
            return (due.values.map(\.end), state.wakes)
        }
        for end in due { end() }
        return wakes
    }

    private static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = max(.zero, min(duration, longest)).components
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
