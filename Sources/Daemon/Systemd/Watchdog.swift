import Platform

/// Feeds the service manager's watchdog for as long as a check says that the daemon does its work.
///
/// The check must go through what can hang: the socket, and each stage's thread. A check that neither returns nor
/// throws is what a hang looks like, so nothing times it out: no keep-alive goes out, and systemd restarts the daemon.
package struct Watchdog: Sendable {
    private let manager: ServiceManager
    private let check: @Sendable () async throws -> Void
    private let failed: @Sendable (any Error) -> Void
    private let bell = Bell()

    /// - Parameters:
    ///   - check: throws, or does not return, when the daemon does not do its work.
    ///   - failed: told of each check that threw; that keep-alive is left out.
    package init(
        _ manager: ServiceManager, check: @escaping @Sendable () async throws -> Void,
        failed: @escaping @Sendable (any Error) -> Void
    ) {
        self.manager = manager
        self.check = check
        self.failed = failed
    }

    /// How often the check runs: a sixth of the time-out, so that a late keep-alive is no restart; a minute
    /// without a watchdog, as a sick daemon should say so in its log everywhere.
    package var interval: Duration { manager.watchdogTimeout.map { $0 / 6 } ?? .seconds(60) }

    /// Runs until its task is cancelled.
    package func run() async throws {
        while true {
            do {
                try await check()
                manager.keepAlive()
            } catch is CancellationError {
                return
            } catch {
                failed(error)
            }
            await bell.wait(atMost: interval)
            if Task.isCancelled { return }
        }
    }
}
