import EvaluationMetrics
import Nouns

/// Which versions have to stay. Pure.
package enum RetentionRules {
    /// What is known of one version.
    package struct Candidate: Sendable {
        package var version: ModelVersion
        package var aliases: [String]
        /// The primary metric when it was judged, so that larger is better; nil where it was never judged.
        package var score: Double?
        package init(version: ModelVersion, aliases: [String], score: Double?) {
            self.version = version
            self.aliases = aliases
            self.score = score
        }
    }

    /// How good each version was when it was judged, so that larger is better; nil where that was never measured.
    ///
    /// All are measured by one metric: the primary one, or accuracy, or loss, whichever any version has a figure of.
    package static func scores(_ figures: [[MetricKey: Double]], primary: MetricKey?) -> [Double?] {
        let metrics = [primary, .accuracy, .loss].compactMap { $0.flatMap(MetricRegistry.metric) }
        let metric = metrics.first { metric in
            metric.direction != .neutral && figures.contains { $0[metric.key] != nil }
        }
        return figures.map { figures in metric.flatMap { metric in figures[metric.key].flatMap(metric.goodness) } }
    }

    /// Why each version that stays does: named (`current`, `previous`, own names), judged best, or an ancestor of one
    /// that stays.
    package static func kept(_ candidates: [Candidate]) -> [VersionID: String] {
        var reasons: [VersionID: String] = [:]
        for candidate in candidates {
            if let name = candidate.aliases.first(where: { $0 == "current" }) ?? candidate.aliases.first {
                reasons[candidate.version.id] = name == "current" ? "is served" : "is named '\(name)'"
            }
        }
        let judged = candidates.compactMap { candidate in candidate.score.map { (candidate.version.id, $0) } }
        if let best = judged.max(by: { $0.1 < $1.1 }), reasons[best.0] == nil { reasons[best.0] = "was judged best" }
        let parents = Dictionary(candidates.map { ($0.version.id, $0.version.parent) }, uniquingKeysWith: { $1 })
        for start in Array(reasons.keys).sorted() {
            var child = start
            // Each step goes to an older version, and none is entered twice: a damaged chain ends all the same.
            while let parent = parents[child].flatMap({ $0 }), reasons[parent] == nil {
                reasons[parent] = "is a parent of \(child)"
                child = parent
            }
        }
        return reasons
    }
}
