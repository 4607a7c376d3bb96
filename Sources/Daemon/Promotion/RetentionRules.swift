import EvaluationMetrics
import Foundation
import Nouns
import Settings

/// Which models keep their files. Pure.
package enum RetentionRules {
    /// What is known of one model: a run, and the version that it became.
    package struct Candidate: Sendable {
        package var run: RunID
        package var version: VersionID?
        package var createdAt: Date
        package var aliases: [String]
        /// Whether the gates could not decide on it, so that it is a version only to be gone on from.
        package var isUnproven = false
        /// The primary metric when it was judged, so that larger is better; nil where it was never judged.
        package var score: Double?
        /// What needs it, as the end of a sentence: `is used by run r-000007`.
        package var use: String?
        /// The run whose version it starts from, where it is no version itself: without that one's files it could not
        /// become one.
        package var start: RunID?
        package var bytes: Int
        /// Of them those of the checkpoints of its epochs.
        package var epochBytes: Int

        package init(
            run: RunID, version: VersionID? = nil, createdAt: Date, aliases: [String] = [], score: Double? = nil,
            use: String? = nil, start: RunID? = nil, bytes: Int = 0, epochBytes: Int = 0
        ) {
            self.run = run
            self.version = version
            self.start = start
            self.createdAt = createdAt
            self.aliases = aliases
            self.score = score
            self.use = use
            self.bytes = bytes
            self.epochBytes = epochBytes
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

    /// Why each model that stays does: it is named (`current`, `previous`, own names), was judged best, is in use, or
    /// is new enough by `settings`.
    ///
    /// Of a parent only the record is needed: a version has every adapter that it rests on.
    ///
    /// - Parameters:
    ///   - candidates: the newest first.
    ///   - settings: nil where only what is protected is to stay.
    package static func kept(_ candidates: [Candidate], _ settings: RetentionSettings?, now: Date) -> [RunID: String] {
        var reasons = protected(candidates)
        guard let settings else { return reasons }
        var counts = [true: 0, false: 0]
        for candidate in candidates {
            let isPromoted = candidate.version != nil && !candidate.isUnproven
            counts[isPromoted, default: 0] += 1
            guard reasons[candidate.run] == nil else { continue }
            if counts[isPromoted, default: 0] <= settings.keep {
                reasons[candidate.run] = "is among the newest \(settings.keep)"
            } else if now.timeIntervalSince(candidate.createdAt) < Double(settings.keepDays) * 86_400 {
                reasons[candidate.run] = "is younger than \(settings.keepDays) days"
            }
        }
        for candidate in candidates where reasons[candidate.run] != nil {
            if let start = candidate.start, reasons[start] == nil {
                reasons[start] = "is what run \(candidate.run) starts from"
            }
        }
        guard settings.maximumBytes > 0 else { return reasons }
        let bound = protected(candidates)
        var bytes = candidates.reduce(0) { $0 + (reasons[$1.run] == nil ? 0 : $1.bytes) }
        for candidate in candidates.reversed() where bytes > settings.maximumBytes {
            guard reasons[candidate.run] != nil, bound[candidate.run] == nil else { continue }
            reasons[candidate.run] = nil
            bytes -= candidate.bytes
        }
        return reasons
    }

    /// The runs whose epochs' checkpoints go so that what is kept fits into `maximum_bytes`, the oldest first; their
    /// bytes count no more.
    package static func loosened(_ candidates: inout [Candidate], _ settings: RetentionSettings, now: Date) -> Set<
        RunID
    > {
        guard settings.maximumBytes > 0 else { return [] }
        var unbounded = settings
        unbounded.maximumBytes = 0
        let reasons = kept(candidates, unbounded, now: now)
        var bytes = candidates.reduce(0) { $0 + (reasons[$1.run] == nil ? 0 : $1.bytes) }
        var loose: Set<RunID> = []
        for index in candidates.indices.reversed() where bytes > settings.maximumBytes {
            guard reasons[candidates[index].run] != nil, candidates[index].epochBytes > 0 else { continue }
            bytes -= candidates[index].epochBytes
            candidates[index].bytes -= candidates[index].epochBytes
            candidates[index].epochBytes = 0
            loose.insert(candidates[index].run)
        }
        return loose
    }

    /// What no rule removes.
    private static func protected(_ candidates: [Candidate]) -> [RunID: String] {
        var reasons: [RunID: String] = [:]
        for candidate in candidates {
            if let name = candidate.aliases.first(where: { $0 == "current" }) ?? candidate.aliases.first {
                reasons[candidate.run] = name == "current" ? "is served" : "is named '\(name)'"
            } else if let use = candidate.use {
                reasons[candidate.run] = use
            }
        }
        let judged = candidates.filter { $0.version != nil && !$0.isUnproven }.compactMap { candidate in
            candidate.score.map { (candidate.run, $0) }
        }
        if let best = judged.max(by: { $0.1 < $1.1 }), reasons[best.0] == nil { reasons[best.0] = "was judged best" }
        for candidate in candidates where candidate.use != nil {
            if let start = candidate.start, reasons[start] == nil {
                reasons[start] = "is what run \(candidate.run) starts from"
            }
        }
        return reasons
    }
}
