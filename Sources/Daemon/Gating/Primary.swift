import EvaluationMetrics
import Nouns
import Settings

extension GatingRules {
    /// What must get better where the pipeline says nothing, and what must not get worse.
    struct Primary {
        /// A metric on the rows of one kind.
        struct Kept: Equatable {
            var metric: MetricKey
            /// Nil is every row.
            var slice: String?
        }

        /// The slice of the rows that are no pairs.
        static let answers = "rows=answers"

        let metric: MetricKey
        let slice: String?
        /// What must not get worse.
        let kept: [Kept]

        /// Rows of one kind are judged by the loss, and by the accuracy where all of them are labelled; pairs by how
        /// often the preferred answer is the likelier one. Where there are both, the greater part gives the primary
        /// metric, and the other's must not get worse.
        init(_ evidence: Evidence, _ settings: GatesSettings) {
            let gate = evidence.candidate.filter { $0.set == .gate }
            let hasPairs = evidence.hasPairs
            let others = hasPairs ? gate.filter { $0.rejectedLossSum == nil } : gate
            let slice = hasPairs ? Self.answers : nil
            var kept: [Kept] = []
            var own = Kept(metric: .loss, slice: slice)
            if !hasPairs || !others.isEmpty {
                kept.append(own)
                if MetricRegistry.metric(.accuracy)?.value(others.map { MetricInput($0) }) != nil {
                    own.metric = .accuracy
                    kept.append(own)
                }
            }
            let pairs = Kept(metric: .preferenceAccuracy, slice: nil)
            if hasPairs { kept.append(pairs) }
            let found =
                settings.primary.map { asked in
                    kept.first { $0.metric == asked } ?? Kept(metric: asked, slice: nil)
                } ?? (hasPairs && 2 * others.count < gate.count ? pairs : own)
            if !kept.contains(where: { $0.metric == found.metric }) { kept.append(found) }
            metric = found.metric
            self.slice = found.slice
            self.kept = kept
        }

        /// The primary metric among what is kept, and as a gate.
        var own: Kept { Kept(metric: metric, slice: slice) }
        var gate: AnchoredGate { AnchoredGate(metric, slice: slice) }

        /// Whether the pipeline is about classes: the loss of overconfident labels then blocks nothing.
        var isAboutClasses: Bool { metric != .loss && kept.contains { $0.metric == .accuracy } }

        /// What must not get worse where nothing is configured: where the pipeline is about classes, the loss is a
        /// figure and no gate.
        var asked: [Kept] { isAboutClasses ? kept.filter { $0.metric != .loss } : kept }

        /// The primary metric of a model on its rows.
        func value(of records: [ExampleRecord], _ evidence: Evidence) -> Double? {
            let rows = records.filter { $0.set == .gate && GatingRules.matches(slice, $0, evidence) }
            return MetricRegistry.metric(metric)?.value(rows.map { MetricInput($0) })
        }
    }
}
