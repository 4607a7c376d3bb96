import Platform
import Synchronization
import Systemd

/// Tells the service manager, from the order to stop until the daemon has left, that it is leaving and not hung:
/// workers may need long for their checkpoints.
final class Leaving: Sendable {
    /// How often it is told, and how much time each time asks for.
    private static let interval = Duration.seconds(5)
    private static let extra = Duration.seconds(30)
    /// How often at most: a stage that has blocked is not waited for for ever.
    private static let most = 60

    private let manager: ServiceManager
    private let thread = ThreadExecutor(name: "leaving")
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ manager: ServiceManager) { self.manager = manager }

    /// Begins to tell.
    func begin() {
        manager.stopping(status: "Stopping: workers write their checkpoints")
        let pause = min(Self.interval, manager.watchdogTimeout.map { $0 / 3 } ?? Self.interval)
        let telling = Task(executorPreference: thread) { [manager] in
            for _ in 0..<Self.most where !Task.isCancelled {
                manager.extendTimeout(by: Self.extra)
                manager.keepAlive()
                try? await Task.sleep(for: pause)
            }
        }
        task.withLock { $0 = telling }
    }

    /// Tells no more.
    func end() { task.withLock { $0 }?.cancel() }
}
