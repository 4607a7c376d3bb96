import Nouns
import RowFormats
import Settings

/// Looks for personal data and secrets in a row, and does with them what the pipeline says.
package struct RowScreening: Sendable {
    /// What becomes of a row.
    package enum Outcome: Sendable {
        /// The row to store, changed where something was redacted.
        case keep(Row)
        case reject(Row)
    }

    let action: DataSettings.SensitiveAction
    /// The field of groups, which is an identity rather than a text.
    let group: String?
    /// Rows that had something of a kind.
    package private(set) var rows: [SensitiveKind: Int] = [:]

    package init(action: DataSettings.SensitiveAction, group: String?) {
        self.action = action
        self.group = group
    }

    package mutating func screen(_ row: Row) throws -> Outcome {
        var kinds: Set<SensitiveKind> = []
        func scan(_ text: String) -> String {
            let matches = SensitiveScanner.matches(in: text)
            guard !matches.isEmpty else { return text }
            kinds.formUnion(matches.map(\.kind))
            return action == .redact ? SensitiveScanner.redacted(text, matches) : text
        }
        let content = row.content.mapTexts(scan)
        var fields = row.fields
        for (name, value) in row.fields ?? [:] where name != group { fields?[name] = value.mapTexts(scan) }
        guard !kinds.isEmpty else { return .keep(row) }
        for kind in kinds { rows[kind, default: 0] += 1 }
        switch action {
        case .allow: return .keep(row)
        case .reject: return .reject(row)
        case .redact:
            var redacted = row
            redacted.content = content
            redacted.fields = fields
            // The row is another one now; where its line came from is still known.
            redacted.id = try RowIdentity.id(content)
            redacted.promptKey = RowIdentity.promptKey(content)
            if row.label != nil { redacted.label = RowIdentity.label(content) ?? row.label }
            return .keep(redacted)
        }
    }
}
