import Foundation
import Gating
import Statistics
import Synchronization

/// Half a year of daily verdicts: how far what is served falls, and how much of what there was to gain it takes.
enum Stream {
    private typealias Setting = (name: String, quality: PromotionStream.Quality)

    private static let halfAYear: [Setting] =
        [("learning", .learning(badDays: false)), ("learning, bad days", .learning(badDays: true))]
        + [-0.02, -0.01, -0.005, 0, 0.005, 0.01].map { (String(format: "%+.3f each", $0), .fixed($0)) }
        + [("by chance", .chance)]

    /// Prints a line a setting; returns whether every bar was met.
    static func run(trials: Int) -> Bool {
        say("\(trials) streams each, margin 2 points; figures are points of true accuracy, means over streams")
        say("stream           candidates          promoted back  gained  deepest  ends 3 below (95 %)   behind")
        var isMet = true
        for (first, daily, days) in [(200, 10, 180), (15, 15, 180), (15, 15, 14), (30, 30, 14)] {
            for setting in days == 14 ? Array(halfAYear.prefix(2)) : halfAYear {
                isMet = line(setting, first, daily, days, trials) && isMet
            }
        }
        return isMet
    }

    private static func line(_ setting: Setting, _ first: Int, _ daily: Int, _ days: Int, _ trials: Int) -> Bool {
        let kept = Mutex<[PromotionStream.Outcome]>([])
        DispatchQueue.concurrentPerform(iterations: trials) { trial in
            var stream = PromotionStream(seed: UInt64(trial), first: first, daily: daily, days: days)
            let outcome = stream.run(setting.quality)
            kept.withLock { $0.append(outcome) }
        }
        let outcomes = kept.withLock { $0 }
        func mean(_ value: (PromotionStream.Outcome) -> Double) -> Double {
            outcomes.reduce(0) { $0 + value($1) } / Double(outcomes.count)
        }
        let fallen = outcomes.count { $0.below > 0.03 }
        let interval = ProportionInterval.wilson(successes: fallen, count: outcomes.count)
        let (gained, deepest, behind) = (mean(\.gained) * 100, mean(\.deepest) * 100, mean(\.behind) * 100)
        var faults: [String] = []
        if days == 180 {
            if interval.lower > 0.05 { faults.append("ends below too often") }
            if deepest > 2.5 { faults.append("falls too deep") }
        }
        switch (setting.quality, days) {
        case (.fixed(0.005), 180): if gained < 18 { faults.append("gains too little") }
        case (.chance, 180): if gained < 17 { faults.append("gains too little") }
        case (.learning(badDays: true), 14):
            if behind > (first == 15 ? 0.7 : 0.35) { faults.append("too far behind") }
        default: break
        }
        var isLearning = false
        if case .learning = setting.quality { isLearning = true }
        let figures = String(
            format: "%8.1f %4.1f %7.2f %8.2f   %.3f (%.3f–%.3f)", mean { Double($0.promotions) },
            mean { Double($0.takenBack) }, gained, deepest, Double(fallen) / Double(outcomes.count), interval.lower,
            interval.upper)
        let place = "\(first)+\(daily), \(days) days".padding(toLength: 17, withPad: " ", startingAt: 0)
        let name = setting.name.padding(toLength: 19, withPad: " ", startingAt: 0)
        say(
            place + name + figures + (isLearning ? String(format: " %8.2f", behind) : "")
                + (faults.isEmpty ? "" : "   MISSED: " + faults.joined(separator: ", ")))
        return faults.isEmpty
    }
}
