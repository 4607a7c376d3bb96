import Foundation
import Nouns
import Settings

/// What is asked otherwise of two models that were judged by different settings of the gates.
package struct GateChange: Hashable, Sendable {
    /// The key, such as `gates.max_new_tokens`; `[[gates.rule]]` and its like for lists of tables.
    package let key: String
    package let before: String
    package let after: String

    /// As it is said in a sentence: `gates.max_new_tokens 64 → 160`.
    package var sentence: String { "\(key) \(before) → \(after)" }

    /// Members of the settings whose key has another name, or which are lists of tables.
    private static let names = [
        "overStream": "gates.stream", "rules": "[[gates.rule]]", "graders": "[[gates.grader]]",
        "evaluators": "[[gates.evaluator]]",
    ]

    /// What differs between two verdicts' settings, in the order of the keys. Lists are counted; so are planted
    /// secrets, which are not said.
    package static func all(from before: GatesSettings, to after: GatesSettings) throws -> [GateChange] {
        let (former, latter) = (try members(before), try members(after))
        return Set(former.keys).union(latter.keys).compactMap { name -> GateChange? in
            let (one, other) = (former[name], latter[name])
            guard one != other else { return nil }
            let (was, isNow) = (text(one), text(other))
            let key = names[name] ?? "gates." + snake(name)
            return GateChange(key: key, before: was, after: was == isNow ? isNow + ", others" : isNow)
        }.sorted { $0.key < $1.key }
    }

    private static func members(_ gates: GatesSettings) throws -> [String: JSONValue] {
        try ContractCoding.decode(JSONValue.self, from: ContractCoding.encode(gates)).objectValue ?? [:]
    }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text)?: text
        case .integer(let number)?: String(number)
        case .number(let number)?: String(format: "%.6g", number)
        case .bool(let flag)?: String(flag)
        case .array(let list)?: String(list.count)
        case .object(let members)?: members.sorted { $0.key < $1.key }.map { "\($0.key) \(text($0.value))" }.joined()
        case .null?, nil: "not set"
        }
    }

    /// `maxNewTokens` as `max_new_tokens`.
    private static func snake(_ name: String) -> String {
        name.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
    }
}
