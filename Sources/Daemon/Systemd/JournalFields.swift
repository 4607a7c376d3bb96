import Logging
import Platform

/// One record as journal fields: a pure translation from metadata keys to field names.
package struct JournalFields: Sendable {
    /// In the order they are sent; `MESSAGE` first.
    package let pairs: [(name: String, value: String)]

    /// Metadata keys that have a field of their own name; every other key becomes `FINETUNED_<KEY>`.
    package static let named = [
        "pipeline": "PIPELINE", "run": "RUN", "stage": "STAGE", "drop": "DROP", "version": "VERSION",
    ]

    package init(_ record: LogRecord, label: String, file: String, function: String, line: UInt) {
        var pairs = [
            (name: "MESSAGE", value: ShownText.message(record.sentence)),
            (name: "PRIORITY", value: String(Self.priority(record.level))),
            (name: "SYSLOG_IDENTIFIER", value: "finetuned"),
            (name: "LOGGER", value: label),
            (name: "CODE_FILE", value: file),
            (name: "CODE_LINE", value: String(line)),
            (name: "CODE_FUNC", value: function),
        ]
        for (key, value) in record.fields {
            if key == "event" {
                pairs.append((name: "EVENT", value: value))
                if let kind = EventKind(rawValue: value) { pairs.append((name: "MESSAGE_ID", value: kind.messageID)) }
            } else {
                pairs.append((name: Self.name(key), value: value))
            }
        }
        self.pairs = pairs
    }

    /// The bytes of each field as sd_journal_sendv(3) takes them.
    package var encoded: [[UInt8]] { pairs.map { Array("\($0.name)=\($0.value)".utf8) } }

    /// syslog's number of a level: critical 2, error 3, warning 4, notice 5, info 6, debug and trace 7.
    package static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// The field of a metadata key: journald takes A–Z, 0–9 and `_`, no leading `_` or digit, and at most 64 bytes.
    package static func name(_ key: String) -> String {
        if let name = named[key] { return name }
        var name = "FINETUNED_"
        var previous: Character = "_"
        for character in key {
            guard character.isASCII, character.isLetter || character.isNumber else {
                if previous != "_" { name.append("_") }
                previous = "_"
                continue
            }
            // `tokensPerSecond` reads better as TOKENS_PER_SECOND.
            if character.isUppercase && previous.isLowercase { name.append("_") }
            name += character.uppercased()
            previous = character
        }
        return String(name.prefix(64))
    }
}
