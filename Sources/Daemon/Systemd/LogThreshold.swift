import Logging
import Synchronization

/// The level below which records are dropped, shared by every logger so that a reload changes it everywhere at once.
package final class LogThreshold: Sendable {
    private let value: Mutex<Logger.Level>

    package init(_ level: Logger.Level = .info) { value = Mutex(level) }

    /// The present level.
    package var level: Logger.Level {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
