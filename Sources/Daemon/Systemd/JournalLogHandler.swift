import CSystemd
import Glibc
import Logging

/// Writes each record to the journal with its metadata as fields (`docs/logging.md` lists them).
package struct JournalLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let threshold: LogThreshold
    private var ownLevel: Logger.Level?

    package init(label: String, threshold: LogThreshold) {
        self.label = label
        self.threshold = threshold
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
        let record = LogRecord(event, metadata: metadata, provider: metadataProvider)
        let fields = JournalFields(record, label: label, file: event.file, function: event.function, line: event.line)
        // A record that the journal does not take (it is restarting, or the record is too big) must not be lost.
        if !Self.send(fields.encoded) {
            StandardErrorLogHandler(label: label, threshold: threshold).log(event: event.with(metadata: metadata))
        }
    }

    /// Hands over one record; each element is `NAME=` and its value, which may hold any byte.
    package static func send(_ fields: [[UInt8]]) -> Bool {
        // One buffer for all fields keeps every pointer valid during the call.
        let bytes = Array(fields.joined())
        return bytes.withUnsafeBytes { buffer in
            guard let start = UnsafeMutableRawPointer(mutating: buffer.baseAddress) else { return false }
            var vectors: [iovec] = []
            vectors.reserveCapacity(fields.count)
            var offset = 0
            for field in fields {
                vectors.append(iovec(iov_base: start + offset, iov_len: field.count))
                offset += field.count
            }
            return sd_journal_sendv(vectors, Int32(vectors.count)) >= 0
        }
    }
}

extension LogEvent {
    fileprivate func with(metadata: Logger.Metadata) -> LogEvent {
        var copy = self
        copy.metadata = metadata.merging(self.metadata ?? [:]) { _, new in new }
        return copy
    }
}
