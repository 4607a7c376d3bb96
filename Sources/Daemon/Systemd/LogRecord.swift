import Logging

/// One log record with its metadata flattened: what both handlers write.
package struct LogRecord: Sendable {
    package let level: Logger.Level
    /// The message as the caller wrote it.
    package let message: String
    /// Key and value of every metadata entry, by key; nested ones as `outer.inner`.
    package let fields: [(key: String, value: String)]

    /// Merges what the provider, the logger and the call give; the call wins, then the logger.
    package init(_ event: LogEvent, metadata: Logger.Metadata, provider: Logger.MetadataProvider?) {
        level = event.level
        message = event.message.description
        var all = provider?.get() ?? [:]
        all.merge(metadata) { _, new in new }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        var flat: [(key: String, value: String)] = []
        for (key, value) in all { Self.flatten(key, value, into: &flat) }
        fields = flat.sorted { $0.key < $1.key }
    }

    /// The value of one key.
    package subscript(key: String) -> String? { fields.first { $0.key == key }?.value }

    /// The message followed by ` key=value` of everything that it does not say already.
    ///
    /// `event` and `stage` are left out: they name the kind of record and the part of the program, for filters; the
    /// message says in words what happened. The journal has them as fields.
    package var sentence: String {
        var text = message
        for (key, value) in fields
        where !["event", "stage"].contains(key) && !value.isEmpty && !Self.mentions(message, value) {
            text += " \(key)=\(Self.quoted(value))"
        }
        return text
    }

    private static func flatten(
        _ key: String, _ value: Logger.MetadataValue, into flat: inout [(key: String, value: String)]
    ) {
        switch value {
        case .dictionary(let inner): for (name, value) in inner { flatten("\(key).\(name)", value, into: &flat) }
        case .array(let values): flat.append((key, values.map(\.description).joined(separator: " ")))
        default: flat.append((key, value.description))
        }
    }

    /// Whether the message holds the value as a word of its own: "r-1" is not said by "r-12".
    private static func mentions(_ message: String, _ value: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"), 0x80...:
                true
            default: false
            }
        }
        let text = Array(message.utf8)
        let part = Array(value.utf8)
        guard part.count <= text.count, let first = part.first else { return false }
        for start in 0...(text.count - part.count) where text[start] == first {
            let end = start + part.count
            guard text[start..<end].elementsEqual(part) else { continue }
            if (start == 0 || !isWord(text[start - 1])) && (end == text.count || !isWord(text[end])) { return true }
        }
        return false
    }

    private static func quoted(_ value: String) -> String {
        guard value.contains(where: { $0.isWhitespace || $0 == "\"" || $0 == "=" }) else { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
