import Foundation
import Gating
// How often a verdict is wrong: whole verdicts over made-up models of known quality.
//
//     make build && .build/release/bench-false-promotion [TRIALS [WORDS]]        WORDS: only settings whose name holds
//     them
//     .build/release/bench-false-promotion stream [STREAMS [WORDS]]              months of daily verdicts
//
// Each line is a setting in which passing is an error, or (the last lines) one in which it is right. Answers and losses
// of candidate and served model are correlated row by row, as those of related models are.
import Nouns
import Settings
import Statistics
import Synchronization

/// Prints a line at once, also into a file.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

if CommandLine.arguments.dropFirst().first == "stream" {
    let words = CommandLine.arguments.dropFirst(3).first ?? ""
    exit(Stream.run(trials: CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 40, words: words) ? 0 : 1)
}

let trials = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 400
let words = CommandLine.arguments.dropFirst(2).first ?? ""

/// Records of one model whose rows are right with a probability and whose losses have a mean.
func records(_ count: Int, right: (Int) -> Bool, loss: (Int) -> Double) -> [ExampleRecord] {
    (0..<count).map { row in
        let label = row.isMultiple(of: 2) ? "a" : "b"
        return ExampleRecord(
            row: RowID("\(row)"), set: .gate, lossSum: loss(row), tokens: 1, correctTokens: 0, bytes: 1,
            promptTokens: 1,
            prompt: "", reference: label, output: right(row) ? label : "?", label: label)
    }
}

/// The share of trials in which one of `tries` candidates passes that are better by `gain` in accuracy and `lossGain`
/// nats, all on the same rows.
func passes(count: Int, gain: Double, lossGain: Double, _ settings: GatesSettings, tries: Int) -> Double {
    let passed = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: trials) { trial in
        let one = (0..<tries).contains { attempt in
            var settings = settings
            if tries > 1 {
                settings.confidence = GatingRules.confidence(
                    settings.confidence, isFollowUp: attempt > 0, followUps: tries - 1)
            }
            return promotes(trial, attempt, count: count, gain: gain, lossGain: lossGain, settings)
        }
        if one { passed.withLock { $0 += 1 } }
    }
    return Double(passed.withLock { $0 }) / Double(trials)
}

/// Whether one candidate passes; `attempt` names its answers, those of the served model are the trial's.
func promotes(_ trial: Int, _ attempt: Int, count: Int, gain: Double, lossGain: Double, _ settings: GatesSettings)
    -> Bool
{
    let random = CounterRandom(seed: 20_261, stream: UInt64(trial))
    let own = CounterRandom(seed: 20_262 + UInt64(attempt), stream: UInt64(trial))
    func unit(_ row: Int, _ use: Int) -> Double { random.unit(UInt64(row * 8 + use)) }
    func fresh(_ row: Int, _ use: Int) -> Double { own.unit(UInt64(row * 8 + use)) }
    // Three quarters of the rows are answered alike by both models.
    func alike(_ row: Int) -> Bool { fresh(row, 0) < 0.75 }
    func served(_ row: Int) -> Bool { unit(row, 1) < 0.7 }
    func candidate(_ row: Int) -> Bool { alike(row) ? served(row) : fresh(row, 2) < min(1, 0.7 + gain / 0.25) }
    // Losses are skewed: exponential, with a share in common.
    func common(_ row: Int) -> Double { -log(1 - unit(row, 3)) }
    let before = records(count, right: served) { common($0) - 0.3 * log(1 - unit($0, 4)) }
    let after = records(count, right: candidate) { common($0) - 0.3 * log(1 - fresh($0, 5)) - lossGain }
    let base = records(count, right: { _ in false }, loss: { _ in 9 })
    let verdict = GatingRules.judge(
        GatingRules.Evidence(candidate: after, served: before, base: base, baseline: "v-1"), settings,
        training: nil,
        seed: UInt64(trial), at: Date(timeIntervalSince1970: 0))
    return verdict.outcome == .pass
}

// These lines are of single verdicts: each candidate has to be better than what is served.
var strict = GatesSettings()
strict.overStream = false
var modest = strict
modest.requireImprovement = false
var byLoss = strict
byLoss.primary = .loss
let margin = 0.02
let settings: [(name: String, wrong: Bool, gain: Double, lossGain: Double, gates: GatesSettings, tries: Int)] = [
    ("equal models, strict gates", true, 0, 0, strict, 1),
    ("equal models, loss as primary metric", true, 0, 0, byLoss, 1),
    ("much better loss, equal accuracy, strict gates", true, 0, 0.2, strict, 1),
    ("worse by the margin in accuracy, no improvement asked", true, -margin, 0.2, modest, 1),
    ("worse by the margin in loss, no improvement asked", true, 0.2, -margin, modest, 1),
    ("one of four equal models in a row, as iterate = \"auto\" tries them", true, 0, 0, strict, 4),
    ("better by 0.1 in accuracy and 0.2 in loss, strict gates", false, 0.1, 0.2, strict, 1),
]
say("\(trials) trials each; the stated level is 0.05\n")
say("rows  passed  limits          setting")
var broken = false
for (name, wrong, gain, lossGain, gates, tries) in settings where words.isEmpty || name.contains(words) {
    for count in [50, 200, 500] {
        let share = passes(count: count, gain: gain, lossGain: lossGain, gates, tries: tries)
        let interval = ProportionInterval.wilson(successes: Int((share * Double(trials)).rounded()), count: trials)
        // An error rate is refuted when even the lower end of its interval lies above the level.
        if wrong, interval.lower > 0.05 { broken = true }
        say(
            String(format: "%4d  %.4f  %.4f–%.4f  ", count, share, interval.lower, interval.upper)
                + (wrong ? "" : "(right) ") + name)
    }
}
if broken {
    say("\nAn error rate lies above the stated level.")
    exit(1)
}
