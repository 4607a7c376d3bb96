import JSONDocument
import WeightFiles

/// What is known of each key of a model's configuration, so that nothing that a file says is passed over.
///
/// A key is read by its family, or has the only values that the engine computes, or is one of ``harmless``, whose
/// reasons stand beside them. Every other key that is set is refused by name.
package struct DeclaredKeys: Sendable {
    /// What is done with one key.
    package enum Rule: Sendable {
        /// The family's reader takes the value, and refuses what it cannot compute. `absent` is what the key's absence
        /// means; nil where it is derived, or where the key must be there.
        case read(absent: JSONNode? = nil)
        /// Only these values are computed; the first is what the key's absence means. Null is as good as absent.
        case only([JSONNode])
    }

    package var rules: [String: Rule]
    /// Beginnings of keys that never matter, such as those of a part that text does not pass.
    package var harmlessPrefixes: [String] = []

    package init(_ rules: [String: Rule], harmlessPrefixes: [String] = []) {
        self.rules = rules
        self.harmlessPrefixes = harmlessPrefixes
    }

    /// The same with more rules, which come before those that are there.
    package func with(_ more: [String: Rule]) -> DeclaredKeys {
        DeclaredKeys(rules.merging(more) { $1 }, harmlessPrefixes: harmlessPrefixes)
    }

    /// What the absence of `key` means; nil where that is derived.
    package func absent(_ key: String) -> JSONNode? {
        switch rules[key] {
        case .read(let value)?: value
        case .only(let values)?: values.first
        case nil: nil
        }
    }

    /// Whether `key` is known never to matter.
    package func isHarmless(_ key: String) -> Bool {
        Self.harmlessNames.contains(key)
            || (harmlessPrefixes + Self.harmlessBeginnings).contains { key.hasPrefix($0) }
    }

    /// Refuses a key whose value is not computed, or of which nothing is known. Throws ``ModelFailure`` naming it.
    ///
    /// - Parameters:
    ///   - what: what the keys belong to, as messages name it: `a llama model`.
    package func check(_ members: [String: JSONNode], file: String, of what: String) throws {
        for key in members.keys.sorted() {
            guard let value = members[key], !Self.isUnset(value) || rules[key] != nil else { continue }
            switch rules[key] {
            case .read?: continue
            case .only(let values)?:
                if value == .null || values.contains(where: { Self.isEqual($0, value) }) { continue }
                let known = values.map(Self.text).joined(separator: " or ")
                throw ModelFailure(
                    place: "\(file), \(key)",
                    problem: "\(Self.text(value)) is not computed by this engine for \(what) (only \(known) is)",
                    remedy: "Choose another base model.")
            case nil:
                if isHarmless(key) { continue }
                throw ModelFailure(
                    place: "\(file), \(key)",
                    problem: "this engine does not know what \(Self.text(value)) changes in \(what)",
                    remedy: "Choose another base model. If the key changes nothing that the model computes, take it "
                        + "out of the file.")
            }
        }
    }

    /// Whether a value says that something is not there.
    static func isUnset(_ value: JSONNode) -> Bool {
        switch value {
        case .null, .flag(false), .text(""), .list([]), .integer(0): true
        case .number(let number): number == 0
        case .object(let members): members.isEmpty
        default: false
        }
    }

    private static func isEqual(_ left: JSONNode, _ right: JSONNode) -> Bool {
        if let a = left.double, let b = right.double { return a == b }
        return left == right
    }

    /// A value as messages show it.
    static func text(_ value: JSONNode) -> String {
        switch value {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .text(let text): "'\(text.prefix(60))'"
        case .list(let list): "a list of \(list.count)"
        case .object(let members): "an object of \(members.keys.sorted().prefix(4).joined(separator: ", "))"
        }
    }
}
