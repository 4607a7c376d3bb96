import Foundation
import Nouns
import Platform
import TOMLKit

/// Reads one TOML file against a list of keys; every error names the file, the line, the key, the value and the remedy.
struct SettingsFile {
    let path: String
    let text: String
    let table: TOMLTable

    /// A text, and the path that messages about it name.
    struct Source {
        let path: String
        let text: String

        /// Reads the file. Throws a Failure (`settings.unreadable`, `settings.syntax`).
        init(path: String) throws {
            self.path = path
            let data: Data
            // No settings file is nearly as large; what is larger is none.
            do { data = try WholeFile.read(path, limit: 16 << 20) } catch let failure as FileFailure {
                throw Failure(
                    code: "settings.unreadable", "The file cannot be read: \(failure.reason).", at: path,
                    remedy: failure.number == EACCES ? "Check its permissions." : failure.remedy)
            }
            guard let text = String(validating: data, as: UTF8.self) else {
                throw Failure(
                    code: "settings.syntax", "The file is not UTF-8 text.", at: path, remedy: "Save it as UTF-8.")
            }
            self.text = text
        }

        init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }

    /// Parses the file. Throws a Failure (`settings.unreadable`, `settings.syntax`).
    init(path: String) throws { try self.init(Source(path: path)) }

    /// Parses the text. Throws a Failure (`settings.syntax`).
    init(_ source: Source) throws {
        path = source.path
        text = source.text
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw Failure(
                code: "settings.syntax", "This is not TOML: \(error.description).",
                at: "\(path):\(error.source.begin.line)",
                remedy: "Mend that line; see https://toml.io.")
        }
    }

    /// Sets what the file sets; collects every fault rather than stopping at the first.
    func apply<Settings: StandardSettings>(
        _ keys: [SettingsKey<Settings>], tables: Set<String> = [], to settings: inout Settings
    ) -> [Failure] {
        let known = Dictionary(keys.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
        let sections = Set(keys.map(\.section).filter { !$0.isEmpty })
        var failures: [Failure] = []
        func walk(_ table: TOMLTable, _ prefix: String) {
            for name in table.keys.sorted() {
                guard let value = table[name] else { continue }
                let path = prefix.isEmpty ? name : "\(prefix).\(name)"
                if tables.contains(path) { continue }
                if let inner = value.table,
                    sections.contains(path) || sections.contains(where: { $0.hasPrefix(path + ".") })
                {
                    walk(inner, path)
                } else if let key = known[path] {
                    if let expected = key.apply(&settings, value) {
                        failures.append(
                            Failure(
                                code: "settings.value",
                                "The key '\(path)' is \(Self.shown(value, of: path)), which is not \(expected).",
                                at: place(path),
                                remedy: "Write \(expected)."))
                    }
                } else {
                    let near = NearestName.question(path, among: Array(known.keys) + sections + tables)
                    failures.append(
                        Failure(
                            code: "settings.unknown_key",
                            "The key '\(path)' (value \(Self.shown(value))) is not known.", at: place(path),
                            remedy: near ?? "Remove it; docs/configuration.md lists the keys."))
                }
            }
        }
        walk(table, "")
        return failures
    }

    /// `file:line` of a key, found in the text; the file alone where it cannot be found.
    func place(_ path: String) -> String {
        let parts = path.split(separator: ".").map(String.init)
        var section = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if trimmed.hasPrefix("[") {
                section = trimmed.trimmingCharacters(in: CharacterSet(charactersIn: "[] "))
                if section == path { return "\(self.path):\(index + 1)" }
            } else if let equals = trimmed.firstIndex(of: "=") {
                let key = trimmed[..<equals].trimmingCharacters(in: .whitespaces).replacingOccurrences(
                    of: "\"", with: "")
                if (section.isEmpty ? key : "\(section).\(key)") == parts.joined(separator: ".") {
                    return "\(self.path):\(index + 1)"
                }
            }
        }
        return self.path
    }

    /// A value for people; of an address that may hold secrets, what may be shown.
    private static func shown(_ value: any TOMLValueConvertible, of path: String) -> String {
        if path == "delivery.webhook", let text = value.string { return "\"\(WebhookAddress.shown(text))\"" }
        return shown(value)
    }

    private static func shown(_ value: any TOMLValueConvertible) -> String {
        let text = value.string.map { "\"\($0)\"" } ?? value.debugDescription
        return text.count > 60 ? text.prefix(60) + "…" : text
    }
}
