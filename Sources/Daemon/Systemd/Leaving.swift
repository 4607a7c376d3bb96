import Synchronization

/// Tells the service manager, from the order to stop until the daemon has left, that it is leaving and not hung:
/// workers may need long for their checkpoints. It does so for a limited time only, since what hangs would leave never.
package final class Leaving: Sendable {
    /// How often it is told, and how much time each time asks for.
    private static let interval = Duration.seconds(5)
    private static let extra = Duration.seconds(30)

    private let manager: ServiceManager
    private let executor: any TaskExecutor
    private let longest: Duration
    private let overdue: @Sendable (Duration) -> Void
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - executor: a thread that nothing else uses.
    ///   - longest: how long the daemon may take.
    ///   - overdue: called with that time once it is over and the daemon has not left; then nothing more is told.
    package init(
        _ manager: ServiceManager, on executor: any TaskExecutor, longest: Duration,
        overdue: @escaping @Sendable (Duration) -> Void
    ) {
        self.manager = manager
        self.executor = executor
        self.longest = longest
        self.overdue = overdue
    }

    /// Begins to tell.
    package func begin() {
        manager.stopping(status: "Stopping: workers write their checkpoints")
        let pause = min(Self.interval, manager.watchdogTimeout.map { $0 / 3 } ?? Self.interval)
        let telling = Task(executorPreference: executor) { [manager, longest, overdue] in
            let end = ContinuousClock.now + longest
            while !Task.isCancelled {
                let left = end - ContinuousClock.now
                guard left > .zero else { return overdue(longest) }
                manager.extendTimeout(by: Self.extra)
                manager.keepAlive()
                try? await Task.sleep(for: min(pause, left))
            }
        }
        task.withLock { $0 = telling }
    }

    /// Tells no more: the daemon has left.
    package func end() { task.withLock { $0 }?.cancel() }
}
