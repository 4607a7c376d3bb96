import Foundation
import Nouns

extension GatingRules {
    /// Whether a record belongs to a slice: `label=…`, `rows=pairs|answers` (rows with a rejected answer, and all
    /// others), `length=short|medium|long` (under 64, under 512 prompt tokens, longer), `drop=ID|earlier|new`,
    /// `age=under:7d|over:12h`, or `field=value` of the row's own fields. Nil is every row; an unreadable one is
    /// none.
    package static func matches(_ slice: String?, _ record: ExampleRecord, _ evidence: Evidence) -> Bool {
        guard let slice else { return true }
        let parts = slice.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return false }
        switch parts[0] {
        case "label": return record.label == parts[1]
        case "rows": return record.rejectedLossSum == nil ? parts[1] == "answers" : parts[1] == "pairs"
        case "drop":
            guard let drop = record.drop else { return false }
            switch parts[1] {
            case "earlier": return !evidence.newDrops.contains(drop)
            case "new": return evidence.newDrops.contains(drop)
            default: return drop.rawValue == parts[1]
            }
        case "age":
            guard let (isUnder, seconds) = age(parts[1]), let came = record.drop.flatMap({ evidence.dropTimes[$0] })
            else { return false }
            let age = evidence.now.timeIntervalSince(came)
            return isUnder ? age < seconds : age >= seconds
        case "length":
            let bucket = record.promptTokens < 64 ? "short" : record.promptTokens < 512 ? "medium" : "long"
            return bucket == parts[1]
        default:
            guard let value = record.fields?[parts[0]] else { return false }
            if case .string(let text) = value { return text == parts[1] }
            return (try? ContractCoding.encode(value)).map { String(decoding: $0, as: UTF8.self) } == parts[1]
        }
    }

    /// Reads `under:7d` or `over:12h`: which side, and seconds. Nil for anything else.
    package static func age(_ text: String) -> (isUnder: Bool, seconds: Double)? {
        guard let match = text.wholeMatch(of: /(under|over):(\d{1,6})([hdw])/), let number = Double(match.2) else {
            return nil
        }
        let unit: Double = match.3 == "h" ? 3600 : match.3 == "d" ? 86_400 : 604_800
        return (match.1 == "under", number * unit)
    }

    /// What is wrong with the way a slice is written, or nil.
    package static func objection(toSlice slice: String) -> String? {
        let parts = slice.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else { return "'\(slice)' is not written as field=value" }
        switch parts[0] {
        case "length":
            return ["short", "medium", "long"].contains(parts[1]) ? nil : "a length is short, medium or long"
        case "rows": return ["pairs", "answers"].contains(parts[1]) ? nil : "rows are pairs or answers"
        case "age": return age(parts[1]) == nil ? "an age is written as under:7d or over:12h (h, d or w)" : nil
        default: return nil
        }
    }
}
