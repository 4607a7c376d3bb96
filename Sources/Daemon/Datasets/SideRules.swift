import Ledger
import Nouns
import RowFormats

/// Which side a row is on: decided at first sight of its prompt and group, kept in the ledger, and never again decided
/// otherwise, whatever the shares are later.
package struct SideRules: Sendable {
    package enum Decision: Hashable, Sendable {
        case side(Split)
        /// The prompt is on one side already and the group on another: on either the row would leak.
        case conflict(prompt: Split, group: Split)
    }

    package let validation: Double
    package let gate: Double
    /// Sides known before.
    private var known: [Sides]
    /// Those decided since the last ``takeDecided()``.
    private var decided = Sides()

    package init(validation: Double, gate: Double, known: [Sides] = []) {
        self.validation = validation
        self.gate = gate
        self.known = known
    }

    /// The side of a row. It is decided now if its prompt and its group are both new.
    package mutating func side(prompt: String, group: String?) -> Decision {
        let ofPrompt = prior(\.prompts, prompt)
        let ofGroup = group.flatMap { prior(\.groups, $0) }
        if let ofPrompt, let ofGroup, ofPrompt != ofGroup { return .conflict(prompt: ofPrompt, group: ofGroup) }
        let side =
            ofPrompt ?? ofGroup
            ?? RowIdentity.split(group.map { "group:" + $0 } ?? prompt, validation: validation, gate: gate)
        if ofPrompt == nil { decided.prompts[prompt] = side }
        if let group, ofGroup == nil { decided.groups[group] = side }
        return .side(side)
    }

    private func prior(_ kind: KeyPath<Sides, [String: Split]>, _ key: String) -> Split? {
        for sides in known { if let side = sides[keyPath: kind][key] { return side } }
        return decided[keyPath: kind][key]
    }

    /// What was decided since the last call, to be written down; it counts no longer as known.
    package mutating func takeDecided() -> Sides {
        defer { decided = Sides() }
        return decided
    }

    /// Takes these as all that is known, so that memory stays small over a large drop.
    package mutating func know(_ sides: [Sides]) { known = sides }
}
