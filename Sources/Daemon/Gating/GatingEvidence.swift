import Contracts
import EvaluationMetrics

extension GatingRules {
    /// Records by model (`candidate`, `served`, `base`), all on the same rows in the same order.
    package struct Evidence: Sendable {
        /// What the run made.
        package var candidate: [ExampleRecord]
        /// What `current` points to now; nil when nothing is served yet.
        package var served: [ExampleRecord]?
        package var base: [ExampleRecord]
        /// The version of `served`.
        package var baseline: VersionID?
        /// The drops that made the run necessary; all others are earlier ones, whose skills must stay.
        package var newDrops: Set<DropID>

        /// Makes the evidence of one run.
        package init(
            candidate: [ExampleRecord], served: [ExampleRecord]?, base: [ExampleRecord], baseline: VersionID?,
            newDrops: Set<DropID> = []
        ) {
            self.candidate = candidate
            self.served = served
            self.base = base
            self.baseline = baseline
            self.newDrops = newDrops
        }

        /// What the candidate is compared with: the served model, or the base where nothing is served.
        var reference: [ExampleRecord] { served ?? base }
        /// The same in words.
        var against: String { served == nil ? "the base" : "the served model" }
        /// The names of all sets, the gate set first.
        var sets: [String] {
            let names = Set(candidate.map(\.set))
            return (names.contains("gate") ? ["gate"] : []) + names.subtracting(["gate"]).sorted()
        }

        /// The rows of one set and slice, candidate and reference in pairs; nil when the two do not pair up.
        func rows(set: String, slice: String?) -> JudgedRows? {
            guard candidate.count == reference.count else { return nil }
            let chosen = candidate.indices.filter {
                candidate[$0].set == set && GatingRules.matches(slice, candidate[$0], newDrops: newDrops)
            }
            return JudgedRows(
                set: set, slice: slice, candidate: chosen.map { MetricInput(candidate[$0]) },
                reference: chosen.map { MetricInput(reference[$0]) })
        }
    }

    /// Paired rows that one gate looks at.
    struct JudgedRows {
        var set: String
        var slice: String?
        var candidate: [MetricInput]
        var reference: [MetricInput]
        var count: Int { candidate.count }
        /// ` on label=x of golden-y`, or nothing for the whole gate set.
        var place: String {
            (slice.map { " on \($0)" } ?? "") + (set == "gate" ? "" : " of the set '\(set)'")
        }
    }
}
