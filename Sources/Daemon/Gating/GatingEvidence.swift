import EvaluationMetrics
import Foundation
import Nouns

extension GatingRules {
    /// Records by model, all on the same rows in the same order.
    package struct Evidence: Sendable {
        /// What the run made.
        package var candidate: [ExampleRecord]
        /// What `current` points to now; nil when nothing is served yet.
        package var served: [ExampleRecord]?
        package var base: [ExampleRecord]
        /// What must not be fallen below, where the stream of runs is judged; nil where that is the served model.
        package var anchor: AnchorEvidence?
        /// The same for gates beside that of the primary metric, and the gates in which the served model is the anchor;
        /// any other has that of the primary metric.
        package var gateAnchors: [AnchoredGate: AnchorEvidence] = [:]
        package var anchoredAtServed: Set<AnchoredGate> = []
        /// When what is served was promoted: rows that came since did not choose it.
        package var servedSince: Date?
        /// Verdicts on the same model before this one.
        package var tries = 0
        /// Candidate and reference on the validation rows, which decide whether the next run goes on from what the
        /// gates could not decide on; nil where that is not asked.
        package var validation: (candidate: [ExampleRecord], reference: [ExampleRecord])?
        /// The version of `served`.
        package var baseline: VersionID?
        /// The drops that made the run necessary; all others are earlier ones, whose skills must stay.
        package var newDrops: Set<DropID>
        /// When each drop came, for slices by age.
        package var dropTimes: [DropID: Date] = [:]
        /// When the verdict is given.
        package var now = Date()
        /// Whether rows of two answers were trained on as pairs; they are then judged as pairs.
        package var trainsPairs = false
        /// Rows that could not be asked, by set.
        package var skipped: [SetName: Int] = [:]
        /// What evaluators' programs said, by model, then by the evaluator's name.
        package var evaluators: [ModelRole: [String: EvaluatorOutcome]] = [:]
        /// Earlier judged runs of the pipeline, for its learning curve, and the training rows of the dataset now.
        package var history: [PastRun] = []
        package var trainingRows = 0
        /// The loss of every optimizer step.
        package var trainingLosses: [Double] = []
        /// How the simplest alternatives did on the gate rows; nil where they were not asked.
        package var yardstick: YardstickEvidence?
        /// What is known of the bytes that would be served; nil judges the scores alone.
        package var bytes: ServedBytes?

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

        /// What must not be fallen below in one gate; nil where that is the served model.
        func anchor(of gate: AnchoredGate) -> AnchorEvidence? {
            gateAnchors[gate] ?? (anchoredAtServed.contains(gate) ? nil : anchor)
        }

        /// The same in words.
        var against: String { served == nil ? "the base" : "the served model" }
        /// The names of all sets, the gate set first.
        var sets: [SetName] {
            var names = Set(candidate.map(\.set))
            if hasEarlier { names.insert(.earlier) }
            return names.sorted()
        }

        /// A figure that an evaluator's program gave of the whole set and not of single rows: `evaluator:NAME` or
        /// `evaluator:NAME.METRIC`.
        func evaluatorFigure(_ key: MetricKey, model: ModelRole) -> Double? {
            for (name, outcome) in evaluators[model] ?? [:] {
                for (metric, value) in outcome.metrics
                where key == .evaluator(name, metric) {
                    return value
                }
            }
            return nil
        }

        /// Whether there are pairs to judge as pairs among the gate rows.
        var hasPairs: Bool { trainsPairs && candidate.contains { $0.set == .gate && $0.rejectedLossSum != nil } }

        /// Whether some of the gate rows, and not all, are of earlier drops.
        var hasEarlier: Bool {
            guard !newDrops.isEmpty else { return false }
            let gate = candidate.filter { $0.set == .gate }
            let earlier = gate.count { isEarlier($0) }
            return earlier > 0 && earlier < gate.count
        }

        /// Whether a record is of a gate row that came before the run's own drops.
        func isEarlier(_ record: ExampleRecord) -> Bool {
            record.set == .gate && record.drop.map { !newDrops.contains($0) } ?? false
        }

        /// Whether a record belongs to a set, of which `earlier` is one by its drops.
        func isIn(_ set: SetName, _ record: ExampleRecord) -> Bool {
            set == .earlier ? isEarlier(record) : record.set == set
        }

        /// The rows of one set and slice, candidate and reference in pairs; nil when the two do not pair up.
        func rows(set: SetName, slice: String?, against other: [ExampleRecord]? = nil) -> JudgedRows? {
            let reference = other ?? reference
            guard candidate.count == reference.count else { return nil }
            let chosen = candidate.indices.filter {
                isIn(set, candidate[$0]) && GatingRules.matches(slice, candidate[$0], self)
            }
            return JudgedRows(
                set: set, slice: slice, candidate: chosen.map { MetricInput(candidate[$0]) },
                reference: chosen.map { MetricInput(reference[$0]) })
        }
    }

    /// What a worker found in the bytes that would be served, and how the exported files did.
    package struct ServedBytes: Sendable {
        /// The base that the run was made from.
        package var card: BaseCard
        /// By model: the candidate and its exports.
        package var inspections: [ModelRole: ModelInspection] = [:]
        package var artefacts: [Artefact] = []
        /// Loss-only records of the exports on the gate rows.
        package var artefactRecords: [ModelRole: [ExampleRecord]] = [:]
        /// The candidate's records on the validation rows.
        package var validation: [ExampleRecord] = []
        /// Makes what is known of a run's bytes.
        package init(card: BaseCard) { self.card = card }
    }

    /// Paired rows that one gate looks at.
    struct JudgedRows {
        var set: SetName
        var slice: String?
        var candidate: [MetricInput]
        var reference: [MetricInput]
        var count: Int { candidate.count }
        /// ` on label=x of golden-y`, or nothing for the whole gate set.
        var place: String {
            (slice.map { " on \($0)" } ?? "") + (set == .gate ? "" : " of the set '\(set)'")
        }
    }
}
