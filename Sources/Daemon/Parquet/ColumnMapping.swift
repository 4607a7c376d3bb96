/// The expressions by which DuckDB writes columns as the values that JSON has; docs/data.md has the rules.
enum ColumnMapping {
    /// Types that JSON has as they are.
    private static let plain: Set = [
        "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
        "VARCHAR", "NULL",
    ]
    /// The first and the last instant that text has: years have four digits.
    private static let years = "BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'"

    /// The expression for `value`, itself an expression of the type; nil where the type has no rule.
    static func expression(_ type: ColumnType, of value: String, depth: Int = 0) -> String? {
        if isPlain(type) { return value }
        let element = "e\(depth)"
        switch type {
        case .list(let inner):
            return expression(inner, of: element, depth: depth + 1).map { "[\($0) FOR \(element) IN \(value)]" }
        case .structure(let fields):
            var parts: [String] = []
            for field in fields {
                let inner = "struct_extract(\(value), \(text(field.name)))"
                guard let part = expression(field.type, of: inner, depth: depth) else { return nil }
                parts.append("\(name(field.name)) := \(part)")
            }
            return "CASE WHEN \(value) IS NULL THEN NULL ELSE struct_pack(\(parts.joined(separator: ", "))) END"
        case .map(let key, let item):
            guard let key = expression(key, of: "struct_extract(\(element), 'key')", depth: depth + 1),
                let item = expression(item, of: "struct_extract(\(element), 'value')", depth: depth + 1)
            else { return nil }
            let pairs =
                "[struct_pack(\"key\" := \(key), \"value\" := \(item)) FOR \(element) IN map_entries(\(value))]"
            return isText(type) ? "map_from_entries(\(pairs))" : pairs
        case .single(let kind): return single(kind, value)
        }
    }

    /// A name as SQL has it.
    static func name(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    private static func single(_ kind: String, _ value: String) -> String? {
        switch kind {
        case "FLOAT", "DOUBLE": "CASE WHEN isfinite(\(value)) THEN \(value) END"
        case "DECIMAL", "UUID", "JSON", "TIME", "TIME_NS": "CAST(\(value) AS VARCHAR)"
        case "TIME WITH TIME ZONE": "CAST(CAST(\(value) AS TIME) AS VARCHAR)"
        case "BLOB": "base64(\(value))"
        case "DATE": "CASE WHEN CAST(\(value) AS TIMESTAMP) \(years) THEN CAST(\(value) AS VARCHAR) END"
        case "TIMESTAMP": "CASE WHEN \(value) \(years) THEN \(instant(value)) END"
        case "TIMESTAMP_NS": instant(value)
        case "TIMESTAMP WITH TIME ZONE": utc("make_timestamp(epoch_us(\(value)))")
        case "TIMESTAMPTZ_NS": utc("make_timestamp(epoch_ns(\(value)) // 1000)")
        default: nil
        }
    }

    private static func instant(_ value: String) -> String { "replace(CAST(\(value) AS VARCHAR), ' ', 'T')" }

    private static func utc(_ value: String) -> String {
        "CASE WHEN \(value) \(years) THEN \(instant(value)) || 'Z' END"
    }

    private static func text(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    /// Whether a map has texts as keys, so that it is an object.
    private static func isText(_ type: ColumnType) -> Bool {
        if case .map(.single(let key), _) = type { key == "VARCHAR" || key == "JSON" } else { false }
    }

    private static func isPlain(_ type: ColumnType) -> Bool {
        switch type {
        case .single(let kind): plain.contains(kind)
        case .list(let inner): isPlain(inner)
        case .structure(let fields): fields.allSatisfy { isPlain($0.type) }
        case .map(let key, let item): key == .single("VARCHAR") && isPlain(item)
        }
    }
}
