import Foundation
import Gating
import Statistics

/// A made-up pipeline that is judged every day for months, to count how often the sequence of its verdicts is wrong:
/// what is promoted, taken back, gone on from, judged again and skipped, by the product's own rules and bounds.
///
/// A model is right on a row where `skill + difficulty(row) + own(row) > 0`, or has a loss of
/// `difficulty(row) + own(row) − skill`; `own` of a candidate is correlated with that of the model it goes on from, as
/// after a warm start.
package struct PromotionStream {
    let setting: Setting
    var draws: Draws
    /// Rows that judge, then rows that choose, each in the order in which they come.
    var rows: Rows
    var served: Model
    var anchor: Model?
    /// The anchor of the second metric, where that is not the primary one's.
    var secondAnchor: Model?
    var promotions = 0
    /// The first row that came after what is served was chosen.
    var servedFrom = 0
    var head: Head?
    var best: Model
    var skipped = (asked: 0, wrong: 0, days: 0)
    var fresh = (asked: 0, right: 0)
    var outcome = Outcome()

    /// A model that the gates could not decide on, which the next candidate goes on from.
    struct Head {
        var model: Model
        var length: Int
        var judged: Int
        var tries = 1
    }

    package init(seed: UInt64, _ setting: Setting) {
        self.setting = setting
        draws = Draws(seed: seed)
        rows = Rows(setting, &draws)
        served = Model(skills: setting.beginning, own: draws.own(rows.count, setting), second: [])
        if setting.second != nil { served.second = draws.own(rows.count, setting) }
        best = served
    }

    /// Plays the stream.
    package mutating func run() -> Outcome {
        let begun = served
        for day in 0..<setting.days {
            outcome.days = day
            let gate = rows.judging(on: day, setting)
            if setting.corrections == .judged { rows.correct(on: day, setting, served, &draws) }
            if day == setting.change { best = served }
            look(gate)
            judgeAgain(gate)
            if !isSkipped(day) { judgeNew(day, gate) }
            note(day)
        }
        settleFigures(setting.days - 1)
        outcome.gained = truth(served, setting.days - 1) - truth(begun, setting.days - 1)
        outcome.below = truth(best, setting.days - 1) - truth(served, setting.days - 1)
        return outcome
    }

    /// The true figure of a model on what comes on a day; larger is better.
    func truth(_ model: Model, _ day: Int) -> Double {
        let skill = model.skills.of(setting.isChanged(day))
        return setting.measure == .loss ? skill : Setting.accuracy(skill)
    }

    // MARK: - A day

    /// What is served is asked again on all rows that there are by now.
    private mutating func look(_ gate: [Int]) {
        guard setting.rule == .stream else { return }
        if let second = secondAnchor ?? anchor, setting.second != nil {
            // What is served was chosen by the rows before; being better is shown by those that came since.
            let since = gate.filter { $0 >= servedFrom }
            let looks = [since, gate].map { chosen in
                let table = Self.second(served, second, rows, chosen)
                return StreamRules.look(
                    .init(quick: table), reverse: .init(quick: table.reversed), promotions: promotions,
                    alpha: Setting.alpha, gates: 2, margin: Setting.margin)
            }
            if looks.contains(.worse) { return takeBack(second) }
            if looks[0] == .better { secondAnchor = served }
        }
        guard let held = anchor else { return }
        let (found, reverse) = differences(served, held, gate)
        let gates = setting.second == nil ? 1 : 2
        switch StreamRules.look(
            found, reverse: reverse, promotions: promotions, alpha: Setting.alpha, gates: gates)
        {
        case .worse: takeBack(held)
        case .better:
            if setting.second != nil, secondAnchor == nil { secondAnchor = held }
            (anchor, promotions) = (nil, 0)
        case .undecided: break
        }
    }

    private mutating func takeBack(_ model: Model) {
        replace(by: model)
        (anchor, secondAnchor, promotions, head) = (nil, nil, 0, nil)
        outcome.takenBack += 1
    }

    /// The newest model that could not be decided on is judged again once the rows have grown.
    private mutating func judgeAgain(_ gate: [Int]) {
        guard setting.rule == .stream, let waiting = head, gate.count > waiting.judged,
            Double(gate.count) >= 1.1 * Double(waiting.judged)
        else { return }
        outcome.judgedAgain += 1
        switch verdict(waiting.model, gate, tries: waiting.tries) {
        case .pass: promote(waiting.model)
        case .fail:
            head = nil
            promotions += 1
        case .inconclusive:
            head?.tries += 1
            head?.judged = gate.count
            promotions += 1
        }
    }

    private mutating func judgeNew(_ day: Int, _ gate: [Int]) {
        let isContinued = head.map { $0.length < Setting.unproven } ?? false
        let start = isContinued ? head?.model ?? served : served
        let candidate = Model(
            skills: next(day, start), own: draws.next(start.own, setting),
            second: setting.second == nil ? [] : draws.next(start.second, setting))
        switch verdict(candidate, gate, tries: 0) {
        case .pass: promote(candidate)
        case .fail: break
        case .inconclusive:
            // Whether the next run goes on from it is decided on the rows that choose, never on those that judge.
            let choosing = rows.choosing(on: day, setting)
            if setting.continues, mean(candidate, choosing) >= mean(served, choosing) {
                head = Head(
                    model: candidate, length: isContinued ? (head?.length ?? 0) + 1 : 1, judged: gate.count)
                outcome.continued += 1
            }
        }
    }

    private mutating func promote(_ model: Model) {
        anchor = anchor ?? served
        replace(by: model)
        (promotions, outcome.promotions, head) = (promotions + 1, outcome.promotions + 1, nil)
    }

    private mutating func replace(by model: Model) {
        settleFigures(nil)
        served = model
        servedFrom = setting.first + setting.daily * (outcome.days + 1)
    }

    /// Drops that are answered rightly start no run.
    private mutating func isSkipped(_ day: Int) -> Bool {
        guard setting.skips, setting.measure == .accuracy else { return false }
        let asked = min(400, setting.daily * 9)
        let share = truth(served, day)
        let right = (0..<asked).count { _ in draws.unit() < share }
        fresh = (fresh.asked + asked, fresh.right + right)
        skipped = (skipped.asked + asked, skipped.wrong + asked - right, skipped.days + 1)
        let bound = BetaDistribution.quantile(
            0.95, Double(skipped.wrong + 1), Double(max(1, skipped.asked - skipped.wrong)))
        if bound < 0.05, skipped.days < 7 {
            outcome.skipped += 1
            return true
        }
        skipped = (0, 0, 0)
        return false
    }

    /// The quality of the next candidate.
    private mutating func next(_ day: Int, _ start: Model) -> Skills {
        var skills = start.skills
        let unit = setting.unit
        if let second = setting.second { skills.second += second / Setting.slope }
        switch setting.quality {
        case .fixed(let delta): skills.shift(by: delta / unit)
        case .chance: skills.shift(by: setting.noise * draws.normal() / unit)
        case .learning(let badDays):
            let slip = badDays && draws.unit() < 0.1 ? 10 * setting.noise : 0
            let off = (setting.noise * draws.normal() - slip) / unit
            skills.old = setting.newest(day) + off
            if let change = setting.change, day >= change {
                skills.old = setting.newest(change) - setting.forgotten(day - change) + off
                skills.new = setting.newest(day - change, of: setting.days - change) + off
            }
        }
        return skills
    }

    // MARK: - Figures

    private mutating func note(_ day: Int) {
        if truth(served, day) > truth(best, day) { best = served }
        outcome.best2 = max(outcome.best2, Setting.accuracy(served.skills.second))
        let fall = truth(best, day) - truth(served, day)
        outcome.deepest = max(outcome.deepest, fall)
        outcome.deepest2 = max(outcome.deepest2, outcome.best2 - Setting.accuracy(served.skills.second))
        outcome.below2 = outcome.best2 - Setting.accuracy(served.skills.second)
        guard case .learning = setting.quality, day >= setting.change ?? 0 else { return }
        let newest =
            setting.change.map { setting.newest(day - $0, of: setting.days - $0) } ?? setting.newest(day)
        let target = setting.measure == .loss ? newest : Setting.accuracy(newest)
        outcome.behind += (target - truth(served, day)) / Double(setting.days - (setting.change ?? 0))
    }

    /// Whether the intervals that are shown of what is served have its true figure, when it is replaced.
    private mutating func settleFigures(_ day: Int?) {
        defer { fresh = (0, 0) }
        guard setting.measure == .accuracy, setting.change == nil, fresh.asked > 0 else { return }
        let share = truth(served, 0)
        func covers(_ right: Int, _ count: Int) -> Int {
            let interval = ProportionInterval.wilson(successes: right, count: count)
            return interval.lower <= share && share <= interval.upper ? 1 : 0
        }
        outcome.figures += 1
        outcome.covered += covers(fresh.right, fresh.asked)
        let gate = rows.judging(on: day ?? outcome.days, setting)
        outcome.coveredPlain += covers(gate.count { isRight(served, $0) }, gate.count)
    }

    func isRight(_ model: Model, _ row: Int) -> Bool {
        model.skills.of(rows.isNew[row]) + rows.difficulty[row] + model.own[row] > 0
    }

    private func mean(_ model: Model, _ chosen: Range<Int>) -> Double {
        guard !chosen.isEmpty else { return 0 }
        if setting.measure == .accuracy { return Double(chosen.count { isRight(model, $0) }) / Double(chosen.count) }
        return chosen.reduce(0) { $0 + model.skills.of(rows.isNew[$1]) - model.own[$1] } / Double(chosen.count)
    }
}
