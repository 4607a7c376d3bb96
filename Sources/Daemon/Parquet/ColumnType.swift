/// A column's type as DuckDB writes it, such as `STRUCT("role" VARCHAR, n BIGINT)[]`.
indirect enum ColumnType: Hashable, Sendable {
    /// A type of single values, without its digits: `DECIMAL`, `TIMESTAMP WITH TIME ZONE`.
    case single(String)
    case list(ColumnType)
    case structure([Field])
    case map(key: ColumnType, value: ColumnType)

    struct Field: Hashable, Sendable {
        var name: String
        var type: ColumnType
    }

    /// Types may be nested this deep: deeper ones are no rows.
    static let deepest = 64

    /// Reads a type; nil where it is written in a way that is not known.
    init?(_ text: String) {
        var reader = Reader(rest: Substring(text))
        guard let type = reader.type(depth: 0), reader.rest.isEmpty else { return nil }
        self = type
    }

    private struct Reader {
        var rest: Substring

        mutating func type(depth: Int) -> ColumnType? {
            guard depth < ColumnType.deepest else { return nil }
            guard var type = base(depth) else { return nil }
            while let match = rest.prefixMatch(of: /\[[0-9]*\]/) {
                rest = rest[match.range.upperBound...]
                type = .list(type)
            }
            return type
        }

        private mutating func base(_ depth: Int) -> ColumnType? {
            if take("STRUCT(") {
                var fields: [Field] = []
                repeat {
                    guard let name = name(), take(" "), let type = type(depth: depth + 1) else { return nil }
                    fields.append(Field(name: name, type: type))
                } while take(", ")
                return take(")") ? .structure(fields) : nil
            }
            if take("MAP(") {
                guard let key = type(depth: depth + 1), take(", "), let value = type(depth: depth + 1), take(")") else {
                    return nil
                }
                return .map(key: key, value: value)
            }
            // Of a column without values.
            if take("\"NULL\"") { return .single("NULL") }
            guard let match = rest.prefixMatch(of: /([A-Z_0-9 ]+)(\([0-9]+(,[0-9]+)?\))?/) else { return nil }
            rest = rest[match.range.upperBound...]
            return .single(String(match.1))
        }

        /// A name, in quotes where it needs them.
        private mutating func name() -> String? {
            if let match = rest.prefixMatch(of: /"((?:[^"]|"")*)"/) {
                rest = rest[match.range.upperBound...]
                return String(match.1).replacing("\"\"", with: "\"")
            }
            guard !rest.hasPrefix("\""), let end = rest.firstIndex(of: " "), end > rest.startIndex else { return nil }
            defer { rest = rest[end...] }
            return String(rest[..<end])
        }

        private mutating func take(_ text: String) -> Bool {
            guard rest.hasPrefix(text) else { return false }
            rest = rest.dropFirst(text.count)
            return true
        }
    }
}
