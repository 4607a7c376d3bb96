import Foundation
import Nouns
import Platform

/// What an import from a database brought.
struct ImportedRows: Codable, Sendable {
    /// The import's name, by which the next one finds where to go on.
    var `import`: String
    /// The key after which the rows begin; nil in the first import.
    var since: JSONValue?
    var rows = 0
    /// The key of the last row; nil where none is new.
    var last: JSONValue?
    var drop: Drop?

    init(import name: String, since: JSONValue?) {
        self.import = name
        self.since = since
    }

    /// The last key for people.
    var lastText: String {
        switch last {
        case .string(let text)?: RawPath.shown(text.utf8)
        case .integer(let number)?: "\(number)"
        case .number(let number)?: "\(number)"
        default: "?"
        }
    }

    /// Writes rows as JSON lines, and notes the last key.
    ///
    /// Throws a ``SQLiteRows/Misuse`` where the rows have no key or do not come in its order.
    mutating func write(_ source: SQLiteRows, _ key: String, to path: String) throws {
        guard source.hasColumn(key) else {
            throw SQLiteRows.Misuse(message: "The query's rows have no column '\(key)'. Name it in SELECT.")
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileFailure("create it", path, errno: errno) }
        defer { close(descriptor) }
        var pending = Data()
        func flush() throws {
            try pending.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
            pending.removeAll(keepingCapacity: true)
        }
        while let row = try source.next() {
            guard let value = row[key], value.doubleValue != nil || value.stringValue != nil else {
                throw SQLiteRows.Misuse(message: "A row's key '\(key)' is null, so rows cannot be counted by it.")
            }
            if let last, !ImportQuery.isAfter(value, last) {
                throw SQLiteRows.Misuse(
                    message: "The rows do not come in the order of '\(key)', each once. Order by a key without twins.")
            }
            (last, rows) = (value, rows + 1)
            pending += try ContractCoding.encode(JSONValue.object(row))
            pending.append(10)
            if pending.count > 1 << 20 { try flush() }
        }
        try flush()
    }
}
