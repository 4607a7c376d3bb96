import Foundation
import Statistics

/// A made-up pipeline that is judged every day for months by ``StreamRules``, to count how often the sequence of its
/// verdicts is wrong.
///
/// A model is right on a row where `skill + difficulty(row) + own(row) > 0`; `own` of a candidate is correlated with
/// the served model's, as after a warm start.
package struct PromotionStream {
    /// What became of one stream, in shares of the rows.
    package struct Outcome: Sendable {
        /// True accuracy at the end less that at the beginning.
        package var gained = 0.0
        /// How far the end lies below the best that was ever served.
        package var below = 0.0
        /// The deepest fall below it on any day.
        package var deepest = 0.0
        /// How far what is served lies behind the newest good candidate, on average over the days.
        package var behind = 0.0
        package var promotions = 0
        package var takenBack = 0
    }

    /// How a candidate compares with what it starts from.
    package enum Quality: Sendable {
        /// Better by so much in true accuracy.
        case fixed(Double)
        /// Better or worse by chance, by a point.
        case chance
        /// By the data, whatever is served: 20 points over the days, fast at first; where `badDays` holds, one
        /// candidate in ten is 10 points worse.
        case learning(badDays: Bool)
    }

    private static let correlation = 0.8
    private static let spread = 0.7
    /// True accuracy for a point of skill, near the beginning's.
    private static let slope = 0.22
    private let margin = 0.02
    private let first: Int
    private let daily: Int
    private let days: Int
    private let random: CounterRandom
    private var counter: UInt64 = 0

    /// Makes a stream of `days` days that begins with `first` gate rows and gets `daily` a day.
    package init(seed: UInt64, first: Int, daily: Int, days: Int) {
        random = CounterRandom(seed: 20_270, stream: seed)
        (self.first, self.daily, self.days) = (first, daily, days)
    }

    private struct Model {
        var skill: Double
        var right: [Bool]
        var own: [Double]
    }

    /// Plays the stream with candidates of a fixed quality.
    package mutating func run(delta: Double) -> Outcome { run(.fixed(delta)) }

    /// Plays the stream.
    package mutating func run(_ quality: Quality) -> Outcome {
        let scale = (1 + Self.spread * Self.spread).squareRoot()
        func accuracy(_ skill: Double) -> Double { NormalDistribution.cdf(skill / scale) }
        let rows = first + daily * days
        let difficulty = (0..<rows).map { _ in normal() }
        func model(_ skill: Double, _ own: [Double]) -> Model {
            Model(skill: skill, right: zip(difficulty, own).map { skill + $0 + $1 > 0 }, own: own)
        }
        var begun = 0.85 * scale
        let low = begun - 0.2 / Self.slope
        if case .learning = quality { begun = low }
        var served = model(begun, (0..<rows).map { _ in normal() * Self.spread })
        var (anchor, promotions, best) = (Optional<Model>.none, 0, begun)
        var outcome = Outcome()
        for day in 0..<days {
            let count = first + daily * (day + 1)
            if let held = anchor {
                switch Self.look(served, held, count, promotions) {
                case .worse: (served, anchor, promotions, outcome.takenBack) = (held, nil, 0, outcome.takenBack + 1)
                case .better: (anchor, promotions) = (nil, 0)
                case .undecided: break
                }
            }
            let newest = low + 0.2 * (1 - exp(-4 * Double(day + 1) / Double(days))) / Self.slope
            let skill = next(quality, served.skill, newest)
            let rest = (1 - Self.correlation * Self.correlation).squareRoot() * Self.spread
            let candidate = model(skill, served.own.map { Self.correlation * $0 + rest * normal() })
            if passes(candidate, served, anchor, count, promotions) {
                anchor = anchor ?? served
                (served, promotions, outcome.promotions) = (candidate, promotions + 1, outcome.promotions + 1)
                best = max(best, skill)
            }
            outcome.behind += (accuracy(newest) - accuracy(served.skill)) / Double(days)
            outcome.deepest = max(outcome.deepest, accuracy(best) - accuracy(served.skill))
        }
        outcome.gained = accuracy(served.skill) - accuracy(begun)
        outcome.below = accuracy(best) - accuracy(served.skill)
        return outcome
    }

    private mutating func next(_ quality: Quality, _ served: Double, _ newest: Double) -> Double {
        switch quality {
        case .fixed(let delta): served + delta / Self.slope
        case .chance: served + 0.01 * normal() / Self.slope
        case .learning(let badDays):
            newest + 0.01 * normal() / Self.slope - (badDays && unit() < 0.1 ? 0.1 / Self.slope : 0)
        }
    }

    private func passes(_ candidate: Model, _ served: Model, _ anchor: Model?, _ count: Int, _ promotions: Int) -> Bool
    {
        let found = StreamRules.Difference(quick: Self.table(candidate, served, count))
        let held = anchor.map { StreamRules.Difference(quick: Self.table(candidate, $0, count)) }
        return StreamRules.follows(served: found, anchor: held, margin: margin)
            || StreamRules.holds(served: found, anchor: held, promotions: promotions, margin: margin, alpha: 0.05)
    }

    private static func look(_ served: Model, _ anchor: Model, _ count: Int, _ promotions: Int) -> StreamRules.Look {
        let table = table(served, anchor, count)
        return StreamRules.look(
            .init(table), reverse: .init(PairedProportions(count: count, gained: table.lost, lost: table.gained)),
            promotions: promotions, alpha: 0.05)
    }

    private static func table(_ candidate: Model, _ reference: Model, _ count: Int) -> PairedProportions {
        PairedProportions(candidate: Array(candidate.right.prefix(count)), served: Array(reference.right.prefix(count)))
    }

    private mutating func unit() -> Double {
        counter += 1
        return random.unit(counter)
    }

    private mutating func normal() -> Double { NormalDistribution.quantile(min(max(unit(), 1e-12), 1 - 1e-12)) }
}

extension StreamRules.Difference {
    /// The same with Tango's score in the place of the exact test where that is far from every level that a stream
    /// asks for, since the exact one takes a thousand times as long.
    init(quick table: PairedProportions) {
        self.init(table)
        let exact = pValue
        pValue = { threshold in
            let estimate = table.estimatedPValue(above: threshold)
            return threshold != 0 && (estimate < 1e-6 || estimate > 0.07) ? estimate : exact(threshold)
        }
    }
}
