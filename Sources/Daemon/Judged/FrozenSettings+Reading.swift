import Foundation
import Nouns
import Settings

extension FrozenSettings {
    /// Settings as an earlier version froze them. A key of the gates that came later has its default: that is how the
    /// run was judged when it was queued.
    static func decode(_ data: Data) throws -> FrozenSettings {
        let stored = try ContractCoding.decode(JSONValue.self, from: data)
        // Runs of before there was a choice were judged one by one.
        var earlier = GatesSettings()
        earlier.overStream = false
        guard var members = stored.objectValue, let kept = members["gates"],
            case .object(var gates) = try complete(kept, like: earlier)
        else { return try ContractCoding.decode(FrozenSettings.self, from: data) }
        gates["rules"] = try complete(each: gates["rules"], like: GateRuleSettings(metric: MetricKey("")))
        gates["evaluators"] = try complete(each: gates["evaluators"], like: EvaluatorSettings(name: "", command: []))
        members["gates"] = .object(gates)
        return try ContractCoding.decode(
            FrozenSettings.self, from: ContractCoding.encode(JSONValue.object(members)))
    }

    /// The value with the members of `pattern` that it lacks.
    private static func complete(_ value: JSONValue, like pattern: some Encodable) throws -> JSONValue {
        let pattern = try ContractCoding.decode(JSONValue.self, from: ContractCoding.encode(pattern))
        guard let members = value.objectValue, let defaults = pattern.objectValue else { return value }
        return .object(defaults.merging(members) { $1 })
    }

    private static func complete(each list: JSONValue?, like pattern: some Encodable) throws -> JSONValue? {
        guard let elements = list?.arrayValue else { return list }
        return .array(try elements.map { try complete($0, like: pattern) })
    }
}
