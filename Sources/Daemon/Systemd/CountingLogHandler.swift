import Logging

/// Tells of the level of each record that another handler writes.
struct CountingLogHandler: LogHandler {
    private var handler: any LogHandler
    private let onRecord: @Sendable (Logger.Level) -> Void

    init(_ handler: any LogHandler, onRecord: @escaping @Sendable (Logger.Level) -> Void) {
        self.handler = handler
        self.onRecord = onRecord
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        onRecord(event.level)
        handler.log(event: event)
    }
}
