import Synchronization

/// Rings the bells of those who want to know that something has changed, so that nobody has to look every few seconds.
package final class Announcer: Sendable {
    private let bells = Mutex<[Bell]>([])

    package init() {}

    /// Rings `bell` at each change from now on.
    package func tell(_ bell: Bell) { bells.withLock { $0.append(bell) } }

    package func announce() { for bell in bells.withLock({ $0 }) { bell.ring() } }
}
