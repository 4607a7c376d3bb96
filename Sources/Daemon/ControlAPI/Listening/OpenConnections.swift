import Foundation
import HummingbirdCore
import NIOCore
import Platform
import Synchronization

/// The connections that are open now, so that a daemon that stops answers what was asked and waits for nobody else.
final class OpenConnections: Sendable {
    private struct Entry {
        let channel: any Channel
        var hasAsked = false
    }
    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        /// Connections that were accepted and have not ended, whether they are in `entries` yet or not.
        var claimed = 0
        var isLeaving = false
    }
    private let state = Mutex(State())
    private let changed = Bell()

    /// How many may be open at once: half of the descriptors that the process may have. The others are the stages' own.
    static var most: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 256 }
        return max(16, Int(clamping: limit.rlim_cur) / 2)
    }

    /// A connection was accepted.
    func claim() { state.withLock { $0.claimed += 1 } }

    /// It has ended.
    func release() {
        state.withLock { $0.claimed -= 1 }
        changed.ring()
    }

    func add(_ channel: any Channel) {
        state.withLock { $0.entries[ObjectIdentifier(channel)] = Entry(channel: channel) }
    }

    func remove(_ channel: any Channel) {
        state.withLock { _ = $0.entries.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// A request has come. Returns whether it is the last that the connection answers.
    func asks(_ channel: any Channel) -> Bool {
        state.withLock { state in
            state.entries[ObjectIdentifier(channel)]?.hasAsked = true
            return state.isLeaving
        }
    }

    /// A request was answered.
    ///
    /// - Parameter isLast: whether the connection ends with it.
    func answered(_ channel: any Channel, isLast: Bool) {
        if isLast || state.withLock({ $0.isLeaving }) { Self.quiesce(channel) }
    }

    /// Lets each request that is being answered end, and one that is just being sent come; then closes what is left.
    ///
    /// - Parameter grace: how long a connection is waited for.
    func leave(within grace: Duration) async {
        let asked = state.withLock { state in
            state.isLeaving = true
            return state.entries.values.filter(\.hasAsked).map(\.channel)
        }
        for channel in asked { Self.quiesce(channel) }
        let deadline = ContinuousClock.now + grace
        while !Task.isCancelled, state.withLock({ $0.claimed > 0 }), ContinuousClock.now < deadline {
            await changed.wait(atMost: deadline - .now)
        }
        for channel in state.withLock({ $0.entries.values.map(\.channel) }) { channel.close(promise: nil) }
    }

    /// Closes a connection as soon as nothing that was asked on it is unanswered.
    private static func quiesce(_ channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
}
