import Glibc
import Platform
import Synchronization

/// What the daemon tells its service manager: readiness, status, keep-alives and orderly stops, as in sd_notify(3).
///
/// Speaks the datagram protocol itself rather than through `sd_notify`, which reads the environment on every
/// call: so a test gives it a socket of its own. Every call is a no-op without a service manager.
package final class ServiceManager: Sendable {
    private let socket: NotifySocket?
    private let last = Mutex<String?>(nil)
    /// The longest time between two keep-alives before systemd counts the daemon as hung; nil without a watchdog.
    package let watchdogTimeout: Duration?

    /// - Parameters:
    ///   - environment: where `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are read from.
    ///   - processID: the process that the watchdog must name, if it names one.
    package init(
        environment: [String: String] = ProcessEnvironment.current, processID: Int32 = getpid()
    ) {
        socket = environment["NOTIFY_SOCKET"].flatMap(NotifySocket.init(address:))
        watchdogTimeout = Self.watchdogTimeout(environment, processID: processID)
    }

    /// Whether a service manager listens.
    package var isPresent: Bool { socket != nil }

    /// Tells that start-up is done: the socket answers and every stage runs. Units ordered after the daemon start now.
    @discardableResult
    package func ready(status: String? = nil) -> Bool {
        send(["READY=1"] + status.map { [Self.status($0)] }.orEmpty)
    }

    /// Sets the one line that `systemctl status` shows; sends nothing when the line has not changed.
    @discardableResult
    package func status(_ text: String) -> Bool {
        let changed = last.withLock { last in
            guard last != text else { return false }
            last = text
            return true
        }
        return changed ? send([Self.status(text)]) : socket != nil
    }

    /// Tells that settings are being read again; call ``ready(status:)`` when they are in force.
    ///
    /// `MONOTONIC_USEC` lets systemd 253 and newer tell this reload from an earlier one; older ones ignore it.
    @discardableResult
    package func reloading() -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
        return send(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
    }

    /// Tells that the daemon is leaving, so that a slow checkpoint is not taken for a hang.
    @discardableResult
    package func stopping(status: String? = nil) -> Bool {
        send(["STOPPING=1"] + status.map { [Self.status($0)] }.orEmpty)
    }

    /// Asks for more time to start, reload or stop, counted from now; repeat it before that time is over.
    @discardableResult
    package func extendTimeout(by duration: Duration) -> Bool {
        send(["EXTEND_TIMEOUT_USEC=\(duration.microseconds)"])
    }

    /// Proves to be alive; due more often than ``watchdogTimeout``.
    @discardableResult
    package func keepAlive() -> Bool { send(["WATCHDOG=1"]) }

    /// Sends any lines of sd_notify(3), in one datagram.
    ///
    /// - Returns: whether a service manager took them; false too where there is none.
    @discardableResult
    package func send(_ lines: [String]) -> Bool {
        socket?.send(lines.joined(separator: "\n")) ?? false
    }

    /// A line must stay one line: a line feed in it would start an assignment of its own.
    private static func status(_ text: String) -> String {
        "STATUS=" + ShownText.message(text)
    }

    private static func watchdogTimeout(_ environment: [String: String], processID: Int32) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else {
            return nil
        }
        if let owner = environment["WATCHDOG_PID"], Int32(owner) != processID { return nil }
        return .microseconds(microseconds)
    }
}

extension Optional where Wrapped == [String] {
    fileprivate var orEmpty: [String] { self ?? [] }
}

extension Duration {
    /// Whole microseconds, for the manager's `…_USEC` values; saturates instead of overflowing.
    fileprivate var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = max(0, seconds).multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return .max }
        let (sum, carried) = whole.addingReportingOverflow(max(0, attoseconds) / 1_000_000_000_000)
        return carried ? .max : sum
    }
}
