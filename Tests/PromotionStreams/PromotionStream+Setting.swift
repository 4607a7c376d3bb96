import Foundation
import Statistics

extension PromotionStream {
    /// How a candidate compares with what it starts from.
    package enum Quality: Sendable, Hashable {
        /// Better by so much.
        case fixed(Double)
        /// Better or worse by chance.
        case chance
        /// By the data, whatever is served: 20 points over the days, fast at first; where `badDays` holds, one
        /// candidate in ten is 10 points worse.
        case learning(badDays: Bool)
    }

    /// What the pipeline is judged by.
    package enum Measure: String, Sendable { case accuracy, loss }

    /// How its sequence of runs is judged.
    package enum Rule: String, Sendable, CaseIterable {
        case stream
        /// Better than what is served, each time.
        case strict
        /// Not worse than what is served, each time.
        case memoryless
    }

    /// Whether a fifth of the rows are corrections of what was served: chosen because it was wrong.
    package enum Corrections: String, Sendable {
        case none
        /// They are a set of their own and judge nothing, as in the product.
        case apart
        /// They judge like other rows.
        case judged
    }

    /// What is played.
    package struct Setting: Sendable {
        package var first: Int
        package var daily: Int
        package var days: Int
        package var quality: Quality
        package var measure = Measure.accuracy
        package var rule = Rule.stream
        /// Whether the next candidate goes on from what could not be decided on, and known drops start no run.
        package var continues = true
        package var skips = true
        /// The day from which on another task is asked about.
        package var change: Int?
        /// The days whose rows judge (nil: all).
        package var window: Int?
        /// How a second metric of each candidate differs from that of what it starts from, in accuracy.
        package var second: Double?
        package var corrections = Corrections.none

        package init(_ first: Int, _ daily: Int, days: Int, _ quality: Quality) {
            (self.first, self.daily, self.days, self.quality) = (first, daily, days, quality)
        }

        static let alpha = 0.05
        /// Two points of accuracy, and as many hundredths of a nat.
        static let margin = 0.02
        static let unproven = 5
        static let correlation = 0.8
        static let spread = 0.7
        /// True accuracy for a point of skill, near the beginning's.
        static let slope = 0.22
        private static let scale = (1 + spread * spread).squareRoot()
        private static let usual = 0.85 * scale

        static func accuracy(_ skill: Double) -> Double { NormalDistribution.cdf(skill / scale) }

        /// What a point of the figure is in skill.
        var unit: Double { measure == .loss ? 1 : Self.slope }
        /// What candidates differ by chance: a point.
        var noise: Double { 0.01 }
        /// What there is to learn.
        private var reach: Double { 0.2 / unit }

        func isChanged(_ day: Int) -> Bool { change.map { day >= $0 } ?? false }

        /// Skills before the first run.
        var beginning: Skills {
            let usual = measure == .loss ? 0 : Self.usual
            var start = usual
            if case .learning = quality { start -= reach }
            return Skills(old: start, new: usual - reach, second: Self.usual)
        }

        /// The skill of the newest good candidate.
        func newest(_ day: Int, of days: Int? = nil) -> Double {
            let usual = measure == .loss ? 0 : Self.usual
            return usual - reach + reach * (1 - exp(-4 * Double(day + 1) / Double(days ?? change ?? self.days)))
        }

        /// What is forgotten of the former task some days after it changed: 10 points, most of them in two weeks.
        func forgotten(_ days: Int) -> Double { 0.1 / unit * (1 - exp(-Double(days + 1) / 7)) }
    }

    /// What became of one stream; shares of rows, or nats.
    package struct Outcome: Sendable {
        /// The true figure at the end less that at the beginning.
        package var gained = 0.0
        /// How far the end lies below the best that was ever served.
        package var below = 0.0
        /// The deepest fall below it on any day.
        package var deepest = 0.0
        /// The same of the second metric.
        package var below2 = 0.0
        package var deepest2 = 0.0
        var best2 = 0.0
        /// How far what is served lies behind the newest good candidate, on average over the days.
        package var behind = 0.0
        package var promotions = 0
        package var takenBack = 0
        /// Candidates that the next one went on from, models that were judged again, and days without a run.
        package var continued = 0
        package var judgedAgain = 0
        package var skipped = 0
        /// Versions that were served, and how many of them had their true figure in the interval of the rows that came
        /// while they were, and in that of the gate rows.
        package var figures = 0
        package var covered = 0
        package var coveredPlain = 0
        /// Days that are over.
        var days = 0
    }
}
