import Nouns
import StageKit

extension FrozenSettings {
    /// What is asked otherwise by others: keys of the gates, the golden rows, the schema's text.
    package func changes(to other: FrozenSettings) throws -> [GateChange] {
        let isSameSchema = schema == other.schema || gates.answerSchema != other.gates.answerSchema
        return try GateChange.all(from: gates, to: other.gates)
            + [
                golden == other.golden
                    ? nil : GateChange(key: "golden rows", before: "those then", after: "those now"),
                isSameSchema ? nil : GateChange(key: "the schema's text", before: "that then", after: "that now"),
            ].compactMap(\.self)
    }

    /// How the settings that one run was judged by differ from those of another; nothing where either's are not known,
    /// or cannot be read.
    package static func changes(from one: RunID, to other: RunID, _ context: StageContext) throws -> [GateChange] {
        guard let before = try context.ledger.run(one), let after = try context.ledger.run(other),
            before.settings != nil, after.settings != nil, before.settings != after.settings,
            let former = try? of(before, context), let latter = try? of(after, context)
        else { return [] }
        return try former.changes(to: latter)
    }
}
