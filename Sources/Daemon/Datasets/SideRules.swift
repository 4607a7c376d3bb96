import Contracts
import RowFormats

/// Which side a row is on: decided at first sight of its prompt and group, kept in the ledger, and never again decided otherwise,
/// whatever the shares are later.
package struct SideRules: Sendable {
    package enum Decision: Hashable, Sendable {
        case side(Split)
        /// The prompt is on one side already and the group on another: on either the row would leak.
        case conflict(prompt: Split, group: Split)
    }

    package let validation: Double
    package let gate: Double
    /// Sides known before, and those decided since.
    private var known: [String: Split]
    /// Those decided since the last ``takeDecided()``.
    private var decided: [String: Split] = [:]

    package init(validation: Double, gate: Double, known: [String: Split] = [:]) {
        self.validation = validation
        self.gate = gate
        self.known = known
    }

    /// The ledger's keys of a prompt and of a group.
    package static func keys(prompt: String, group: String?) -> [String] { ["p:" + prompt] + (group.map { ["g:" + $0] } ?? []) }

    /// Adds sides that the ledger knows.
    package mutating func learn(_ sides: [String: Split]) { known.merge(sides) { first, _ in first } }

    /// The side of a row, decided now where neither its prompt nor its group was seen before.
    package mutating func side(prompt: String, group: String?) -> Decision {
        let keys = Self.keys(prompt: prompt, group: group)
        let prior = keys.map { known[$0] }
        if let first = prior[0], prior.count > 1, let second = prior[1], first != second { return .conflict(prompt: first, group: second) }
        let side = prior.compactMap { $0 }.first ?? RowIdentity.split(group.map { "group:" + $0 } ?? prompt, validation: validation, gate: gate)
        for (key, prior) in zip(keys, prior) where prior == nil {
            known[key] = side
            decided[key] = side
        }
        return .side(side)
    }

    /// What was decided since the last call, to be written down.
    package mutating func takeDecided() -> [String: Split] {
        defer { decided = [:] }
        return decided
    }

    /// Forgets all that is in the ledger, so that memory stays small over a large drop.
    package mutating func forget() { known = [:] }
}
