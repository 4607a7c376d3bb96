import Contracts

extension GatingRules {
    /// Whether a record belongs to a slice: `label=…`, `length=short|medium|long` (under 64, under 512 prompt tokens, longer),
    /// `drop=ID|earlier|new`, or `field=value` of the row's own fields. Nil is every row; an unreadable slice is none.
    package static func matches(_ slice: String?, _ record: ExampleRecord, newDrops: Set<DropID> = []) -> Bool {
        guard let slice else { return true }
        let parts = slice.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return false }
        switch parts[0] {
        case "label": return record.label == parts[1]
        case "drop":
            guard let drop = record.drop else { return false }
            switch parts[1] {
            case "earlier": return !newDrops.contains(drop)
            case "new": return newDrops.contains(drop)
            default: return drop.rawValue == parts[1]
            }
        case "length":
            let bucket = record.promptTokens < 64 ? "short" : record.promptTokens < 512 ? "medium" : "long"
            return bucket == parts[1]
        default:
            guard let value = record.fields?[parts[0]] else { return false }
            if case .string(let text) = value { return text == parts[1] }
            return (try? ContractCoding.encode(value)).map { String(decoding: $0, as: UTF8.self) } == parts[1]
        }
    }
}
