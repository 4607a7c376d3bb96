import Foundation
import PromotionStreams
import Statistics
import Synchronization

/// Months of daily verdicts: how far what is served falls, and how much of what there was to gain it takes.
///
///     bench-false-promotion stream [STREAMS [WORDS]]
///
/// WORDS: only lines whose text holds them. It says how long it has been at work after each part.
enum Stream {
    /// A line, and what it is held to.
    private struct Line {
        var name: String
        var setting: PromotionStream.Setting
        /// The least that is to be gained, and the most that what is served may lie behind, in points.
        var gains: Double?
        var behind: Double?
        /// Whether it ends below its best, and falls, as far as it may.
        var isHeld = false
    }

    private static let qualities: [(name: String, quality: PromotionStream.Quality)] =
        [("learning", .learning(badDays: false)), ("learning, bad days", .learning(badDays: true))]
        + [-0.02, -0.01, -0.005, 0, 0.005, 0.01].map { (String(format: "%+.3f each", $0), .fixed($0)) }
        + [("by chance", .chance)]

    /// Prints a line a setting; returns whether every bar was met.
    static func run(trials: Int, words: String = "") -> Bool {
        let start = ContinuousClock.now
        say(
            """
            \(trials) streams each; figures are points of accuracy (hundredths of a nat where the loss decides), means \
            over streams; margin 2 points
            """)
        let head =
            "promoted back  on again skip  gained deepest  ends 3 below (95 %)   behind  cover (by gate rows)"
        say("stream           candidates".padding(toLength: 60, withPad: " ", startingAt: 0) + head)
        var isMet = true
        for (title, lines) in parts {
            let chosen = lines.filter { words.isEmpty || "\(title) \(text($0))".contains(words) }
            if chosen.isEmpty { continue }
            say("\n\(title)")
            for line in chosen { isMet = play(line, trials) && isMet }
            say("(after \((ContinuousClock.now - start).components.seconds) s)")
        }
        return isMet
    }

    private static var parts: [(String, [Line])] {
        var parts: [(String, [Line])] = []
        for measure in [PromotionStream.Measure.accuracy, .loss] {
            parts.append(("the rule over a stream, \(measure.rawValue) decides", whole(measure, .stream)))
        }
        parts.append(("better each time, accuracy decides", whole(.accuracy, .strict)))
        parts.append(("not worse each time, accuracy decides", whole(.accuracy, .memoryless)))
        parts.append(("without unproven starts, accuracy decides", short(.accuracy, .stream, continues: false)))
        parts.append(("the task changes at day 90", changes))
        parts.append(("a second metric falls by half a margin a day", seconds))
        parts.append(("a fifth of the rows are corrections, candidates equal", corrections))
        return parts
    }

    private static func whole(_ measure: PromotionStream.Measure, _ rule: PromotionStream.Rule) -> [Line] {
        var lines: [Line] = []
        for (first, daily) in [(200, 10), (15, 15)] {
            for (name, quality) in qualities {
                var setting = PromotionStream.Setting(first, daily, days: 180, quality)
                (setting.measure, setting.rule) = (measure, rule)
                var line = Line(name: name, setting: setting)
                line.isHeld = rule == .stream
                if rule == .stream, quality == .fixed(0.005) { line.gains = 18 }
                if rule == .stream, quality == .chance { line.gains = 17 }
                lines.append(line)
            }
        }
        return lines + short(measure, rule, continues: true)
    }

    private static func short(
        _ measure: PromotionStream.Measure, _ rule: PromotionStream.Rule, continues: Bool
    ) -> [Line] {
        var lines: [Line] = []
        for (first, daily) in [(15, 15), (30, 30)] {
            for (name, quality) in qualities.prefix(2) {
                var setting = PromotionStream.Setting(first, daily, days: 14, quality)
                (setting.measure, setting.rule, setting.continues) = (measure, rule, continues)
                var line = Line(name: name, setting: setting)
                if rule == .stream, continues, quality == .learning(badDays: true) {
                    line.behind = first == 15 ? 0.7 : 0.35
                }
                lines.append(line)
            }
        }
        return lines
    }

    private static var changes: [Line] {
        [(200, 10), (15, 15)].flatMap { first, daily in
            [nil, 30].flatMap { window in
                PromotionStream.Rule.allCases.map { rule in
                    var setting = PromotionStream.Setting(first, daily, days: 180, .learning(badDays: false))
                    (setting.change, setting.window, setting.rule) = (90, window, rule)
                    let judged = window.map { ", \($0) days judge" } ?? ""
                    var line = Line(name: "\(rule.rawValue)\(judged)", setting: setting)
                    line.isHeld = rule == .stream
                    return line
                }
            }
        }
    }

    private static var seconds: [Line] {
        [(200, 10), (15, 15)].flatMap { first, daily in
            PromotionStream.Rule.allCases.filter { $0 == .stream }.map { rule in
                var setting = PromotionStream.Setting(first, daily, days: 180, .fixed(0.005))
                (setting.second, setting.rule) = (-0.01, rule)
                var line = Line(name: "+0.005 each", setting: setting)
                line.isHeld = true
                return line
            }
        }
    }

    private static var corrections: [Line] {
        [PromotionStream.Corrections.none, .apart, .judged].flatMap { corrections in
            [(200, 10), (15, 15)].map { first, daily in
                var setting = PromotionStream.Setting(first, daily, days: 180, .fixed(0))
                setting.corrections = corrections
                return Line(name: "corrections: \(corrections.rawValue)", setting: setting)
            }
        }
    }

    private static func text(_ line: Line) -> String {
        let place = "\(line.setting.first)+\(line.setting.daily), \(line.setting.days) days"
        return place.padding(toLength: 17, withPad: " ", startingAt: 0) + line.name
    }

    private static func play(_ line: Line, _ trials: Int) -> Bool {
        let kept = Mutex<[PromotionStream.Outcome]>([])
        DispatchQueue.concurrentPerform(iterations: trials) { trial in
            var stream = PromotionStream(seed: UInt64(trial), line.setting)
            let outcome = stream.run()
            kept.withLock { $0.append(outcome) }
        }
        let outcomes = kept.withLock { $0 }
        func mean(_ value: (PromotionStream.Outcome) -> Double) -> Double {
            outcomes.reduce(0) { $0 + value($1) } / Double(outcomes.count)
        }
        let isSecond = line.setting.second != nil
        let fallen = outcomes.count { max($0.below, isSecond ? $0.below2 : 0) > 0.03 }
        let interval = ProportionInterval.wilson(successes: fallen, count: outcomes.count)
        let (gained, behind) = (mean(\.gained) * 100, mean(\.behind) * 100)
        let deepest = max(mean(\.deepest), mean(\.deepest2)) * 100
        var faults: [String] = []
        if line.isHeld, interval.lower > 0.05 { faults.append("ends below too often") }
        if line.isHeld, deepest > 2.5 { faults.append("falls too deep") }
        if let least = line.gains, gained < least { faults.append("gains too little") }
        if let most = line.behind, behind > most { faults.append("too far behind") }
        let figures = String(
            format: "%8.1f %4.1f %4.1f %5.1f %4.1f %7.2f %7.2f   %.3f (%.3f–%.3f)", mean { Double($0.promotions) },
            mean { Double($0.takenBack) }, mean { Double($0.continued) }, mean { Double($0.judgedAgain) },
            mean { Double($0.skipped) }, gained, deepest, Double(fallen) / Double(outcomes.count), interval.lower,
            interval.upper)
        var isLearning = false
        if case .learning = line.setting.quality { isLearning = true }
        let shown = outcomes.reduce(0) { $0 + $1.figures }
        func cover(_ value: (PromotionStream.Outcome) -> Int) -> String {
            String(format: "%.3f", Double(outcomes.reduce(0) { $0 + value($1) }) / Double(max(1, shown)))
        }
        say(
            text(line).padding(toLength: 58, withPad: " ", startingAt: 0) + figures
                + (isLearning ? String(format: " %8.2f", behind) : "         ")
                + (shown > 0 ? "  \(cover(\.covered)) (\(cover(\.coveredPlain)))" : "")
                + (isSecond ? String(format: "  the second falls %.2f", mean(\.deepest2) * 100) : "")
                + (faults.isEmpty ? "" : "   MISSED: " + faults.joined(separator: ", ")))
        return faults.isEmpty
    }
}
