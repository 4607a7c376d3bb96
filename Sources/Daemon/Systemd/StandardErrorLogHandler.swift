import Glibc
import Logging
import Platform

/// Writes a line a record to standard error for a person to read: time (UTC), level, logger, message, `key=value`s.
package struct StandardErrorLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let threshold: LogThreshold
    private let colours: Bool
    private let descriptor: Int32
    private var ownLevel: Logger.Level?

    /// - Parameters:
    ///   - colours: whether levels are coloured (a terminal).
    ///   - descriptor: where the lines go; standard error unless a test says otherwise.
    package init(label: String, threshold: LogThreshold, colours: Bool = false, descriptor: Int32 = STDERR_FILENO) {
        self.label = label
        self.threshold = threshold
        self.colours = colours
        self.descriptor = descriptor
    }

    /// The shared threshold unless this logger was given a level of its own.
    package var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let record = LogRecord(event, metadata: metadata, provider: metadataProvider)
        let bytes = Array((line(record, at: now) + "\n").utf8)
        // One write a line: lines of several threads or processes never mix. A closed terminal is no reason to stop.
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }

    /// One line as it is written, without its line feed.
    package func line(_ record: LogRecord, at time: timespec) -> String {
        let level = record.level.rawValue.padded(to: 8)
        return "\(Self.stamp(time)) \(colours ? Self.coloured(level, record.level) : level) \(label): "
            + ShownText.message(record.sentence)
    }

    private static func stamp(_ time: timespec) -> String {
        var seconds = time.tv_sec
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let thousandths = String(time.tv_nsec / 1_000_000 + 1000).dropFirst()
        return "\(1900 + Int(parts.tm_year))-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(thousandths)Z"
    }

    private static func coloured(_ text: String, _ level: Logger.Level) -> String {
        switch level {
        case .critical, .error: "\u{1B}[31m\(text)\u{1B}[0m"
        case .warning: "\u{1B}[33m\(text)\u{1B}[0m"
        case .notice: "\u{1B}[1m\(text)\u{1B}[0m"
        case .trace, .debug: "\u{1B}[2m\(text)\u{1B}[0m"
        case .info: text
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - utf8.count))
    }
}
