import Nouns

/// What keeps a grader from giving a score.
package enum GraderLack: Hashable, Sendable {
    /// A template names a field that the item lacks.
    case field
    /// A template names a member of the answer, which is no JSON or lacks it.
    case member
    /// What a template makes of the item and the answer is longer than is looked at.
    case length
}

extension Grader {
    /// What a template lacks in a record whose only fields are `record.fields`; nil where each has its text, so that
    /// ``score(_:)`` gives a score unless a formula gives no number.
    package func lack(_ record: ExampleRecord) -> GraderLack? {
        switch self {
        case .stringCheck(let input, let reference, _), .textSimilarity(let input, let reference, _, _):
            return input.lack(record) ?? reference.lack(record)
        case .multi(let graders, _):
            let lacks = graders.sorted { $0.key < $1.key }.compactMap { $0.value.lack(record) }
            return lacks.first
        }
    }
}
