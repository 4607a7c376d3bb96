import Nouns

/// What keeps a grader from giving a score.
package enum GraderLack: Hashable, Sendable {
    /// A template names a field that the item lacks.
    case field
    /// A template names a member of the answer, which is no JSON or lacks it.
    case member
    /// The formula gives no number.
    case number
}

extension Grader {
    /// Why ``score(_:)`` gives nothing for a record whose only fields are `record.fields`; nil where it gives a score.
    package func lack(_ record: ExampleRecord) -> GraderLack? {
        switch self {
        case .stringCheck(let input, let reference, _), .textSimilarity(let input, let reference, _, _):
            return input.lack(record) ?? reference.lack(record)
        case .multi(let graders, _):
            let lacks = graders.sorted { $0.key < $1.key }.compactMap { $0.value.lack(record) }
            return lacks.first ?? (score(record) == nil ? .number : nil)
        }
    }

    /// What each part of a `multi` gives, by name; empty for other graders.
    package func parts(_ record: ExampleRecord) -> [String: Double] {
        guard case .multi(let graders, _) = self else { return [:] }
        return graders.compactMapValues { $0.score(record) }
    }
}
