import Glibc
import Logging

/// Where this process's log goes, and how it is set up.
package enum Logs {
    /// Where records go.
    package enum Destination: Hashable, Sendable {
        /// To the journal, with fields.
        case journal
        /// To standard error, a line each, for people.
        case standardError
    }

    /// The level of every logger that ``bootstrap(_:environment:)`` set up; a reload sets it.
    package static let threshold = LogThreshold()

    /// The journal where standard error is the journal (`JOURNAL_STREAM` names it) and its socket answers, else
    /// standard error: so a person who starts the daemon by hand, or redirects its output, gets the log.
    package static func destination(environment: [String: String] = ProcessEnvironment.current) -> Destination {
        isJournal(STDERR_FILENO, environment) && access("/run/systemd/journal/socket", W_OK) == 0
            ? .journal : .standardError
    }

    /// Sets up swift-log for the whole process; once, before the first logger.
    ///
    /// - Parameter onRecord: told the level of each record that is written.
    /// - Returns: where records will go.
    @discardableResult
    package static func bootstrap(
        _ level: Logger.Level, environment: [String: String] = ProcessEnvironment.current,
        onRecord: @escaping @Sendable (Logger.Level) -> Void = { _ in }
    ) -> Destination {
        threshold.level = level
        let destination = destination(environment: environment)
        let colours = environment["NO_COLOR"] == nil && isatty(STDERR_FILENO) == 1
        LoggingSystem.bootstrap { label in
            let handler: any LogHandler =
                switch destination {
                case .journal: JournalLogHandler(label: label, threshold: threshold)
                case .standardError: StandardErrorLogHandler(label: label, threshold: threshold, colours: colours)
                }
            return CountingLogHandler(handler, onRecord: onRecord)
        }
        return destination
    }

    /// Whether a descriptor is the stream whose device and inode `JOURNAL_STREAM` has.
    package static func isJournal(_ descriptor: Int32, _ environment: [String: String]) -> Bool {
        guard let parts = environment["JOURNAL_STREAM"]?.split(separator: ":"), parts.count == 2,
            let device = UInt64(parts[0]), let inode = UInt64(parts[1])
        else { return false }
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_dev == device && status.st_ino == inode
    }
}
