/// The forms in which people write rows.
package enum RowShape: String, Codable, CaseIterable, Hashable, Sendable {
    case completion, chat, alpaca, sharegpt, text, preference, classification

    /// The keys that the shape uses; all others are kept beside the row, for slices and groups.
    package var keys: Set<String> {
        switch self {
        case .completion: ["prompt", "completion", "tools", "functions"]
        case .chat: ["messages", "tools", "functions", "parallel_tool_calls"]
        case .alpaca: ["instruction", "input", "output", "system", "history", "tools", "functions"]
        case .sharegpt: ["conversations", "system", "tools", "functions"]
        case .text: ["text"]
        case .preference: ["prompt", "chosen", "rejected", "input", "preferred_output", "non_preferred_output"]
        case .classification: ["text", "label"]
        }
    }

    /// How it is written, for messages.
    package var example: String {
        switch self {
        case .completion: "{\"prompt\": …, \"completion\": …}"
        case .chat: "{\"messages\": [{\"role\": …, \"content\": …}, …]}"
        case .alpaca: "{\"instruction\": …, \"input\": …, \"output\": …}"
        case .sharegpt: "{\"conversations\": [{\"from\": …, \"value\": …}, …]}"
        case .text: "{\"text\": …}"
        case .preference: "{\"prompt\": …, \"chosen\": …, \"rejected\": …}"
        case .classification: "{\"text\": …, \"label\": …}"
        }
    }

    /// The shape of a row by its keys; nil where they fit none.
    package static func of(_ row: [String: JSONValue]) -> RowShape? {
        if row["messages"] != nil { return .chat }
        if row["conversations"] != nil { return .sharegpt }
        if row["chosen"] != nil || row["rejected"] != nil || row["preferred_output"] != nil
            || row["non_preferred_output"] != nil
        {
            return .preference
        }
        if row["instruction"] != nil { return .alpaca }
        if row["completion"] != nil || row["prompt"] != nil { return .completion }
        if row["text"] != nil { return row["label"] != nil ? .classification : .text }
        return nil
    }
}

extension RowShape {
    /// What a file's names of columns by ours have to be, as the end of `a table …`; nil where they can be used.
    package static func fault(ofColumns columns: [String: String]) -> String? {
        let known = allCases.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
        if let odd = columns.keys.filter({ !known.contains($0) }).min() {
            return "whose keys are among \(known.sorted().joined(separator: ", ")) ('\(odd)' is not)"
        }
        return Set(columns.values).count == columns.count && !columns.values.contains("")
            ? nil : "that gives each name once"
    }
}
