import GRDB

/// A ledger's schema as text that does not depend on how its SQL was spaced.
enum SchemaText {
    /// All tables, indexes and triggers by name, those that belong to a table after it.
    static func of(_ db: Database) throws -> String {
        try Row.fetchAll(
            db,
            sql: """
                SELECT sql FROM sqlite_master WHERE sql IS NOT NULL
                ORDER BY tbl_name, type <> 'table', type, name
                """
        ).map { laidOut($0["sql"]) + ";\n" }.joined(separator: "\n")
    }

    /// The statement with one space where there was any, and with one line for each column and constraint.
    private static func laidOut(_ sql: String) -> String {
        var text = ""
        var depth = 0
        var quote: Character?
        let isTable = sql.hasPrefix("CREATE TABLE")
        for character in sql {
            if let open = quote {
                text.append(character)
                if character == open { quote = nil }
                continue
            }
            switch character {
            case "'", "\"":
                quote = character
                text.append(character)
            case "(":
                depth += 1
                text.append(character)
                if isTable, depth == 1 { text += "\n    " }
            case ")":
                while text.last?.isWhitespace == true { text.removeLast() }
                depth -= 1
                text.append(character)
            case ",":
                text += isTable && depth == 1 ? ",\n    " : ", "
            case _ where character.isWhitespace:
                if text.last?.isWhitespace != true, text.last != "(" { text.append(" ") }
            default:
                text.append(character)
            }
        }
        return text
    }
}
