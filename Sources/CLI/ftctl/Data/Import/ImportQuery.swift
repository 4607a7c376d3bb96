import Foundation
import Nouns
import Platform

/// A query whose rows come in the order of a key, each time from the last key on.
struct ImportQuery {
    let text: String
    let key: String

    /// What is wrong with it; nil where nothing is.
    var fault: String? {
        if key.isEmpty { return "--key names the column that counts the rows." }
        guard text.firstMatch(of: /:last\b/) != nil else {
            return "The query has no :last. Ask for what is new: … WHERE \(key) > :last ORDER BY \(key)"
        }
        let order = text.matches(of: /\border\s+by\s+([^\s,;()]+)(\s+desc\b)?/.ignoresCase()).last
        guard let order, Self.bare(order.1) == key.lowercased(), order.2 == nil else {
            return "The query's rows do not come in the order of the key. End it with ORDER BY \(key)"
        }
        return nil
    }

    /// A column's name without its table and its quotes.
    private static func bare(_ name: Substring) -> String {
        let last = name.split(separator: ".").last ?? name
        return last.trimmingCharacters(in: CharacterSet(charactersIn: "\"`[]'")).lowercased()
    }

    /// What the import of this query from a database is called in the records of its drops.
    func name(of database: String) -> String {
        "sqlite:\(database)#\(Digest.sha256(Data("\(text)\u{0}\(key)".utf8)).prefix(12))"
    }

    /// Whether a key comes after another one, in the order of SQLite: numbers before texts.
    static func isAfter(_ key: JSONValue, _ other: JSONValue) -> Bool {
        switch (other, key) {
        case (.integer(let other), .integer(let key)): key > other
        case (.string(let other), .string(let key)): Array(other.utf8).lexicographicallyPrecedes(Array(key.utf8))
        case (.string, _): false
        case (_, .string): true
        default: (key.doubleValue ?? -.infinity) > (other.doubleValue ?? -.infinity)
        }
    }
}
