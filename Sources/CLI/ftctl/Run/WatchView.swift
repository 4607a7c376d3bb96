import ControlProtocol
import Foundation
import Nouns
import Reports
import WorkerProtocol

/// Turns the notices of a run into lines.
struct WatchView {
    /// What is to be shown.
    enum Part: Equatable {
        case line(String)
        /// Something that is soon out of date. It is due where it is the last of its kind, or the last one shown where
        /// lines cannot be replaced is five seconds old.
        case passing(String, isDue: Bool)
    }

    /// Whether a passing line is replaced by the next, as on a terminal.
    private let replacesLines: Bool
    private var shownAt = Date.distantPast

    init(replacesLines: Bool) { self.replacesLines = replacesLines }

    mutating func parts(_ notice: RunNotice) -> [Part] {
        if let message = notice.message {
            // Many messages begin with the state that they tell of.
            let state = notice.state.rawValue
            let isSaid = message == state || message.hasPrefix(state + ":") || message.hasPrefix(state + " ")
            return [.line("\(Quantity.time(notice.at))  \(isSaid ? message : "\(state): \(message)")")]
        }
        guard let event = notice.event else { return [] }
        if let stage = event.stage { return [.line("  \(stage)")] }
        if let step = event.step {
            return [passing(Self.text(step), isLast: step.step == step.steps, at: notice.at)]
        }
        if let progress = event.progress {
            let bar = Bar.text(Double(progress.done) / Double(max(1, progress.total)))
            return [
                passing(
                    "  \(bar) \(progress.done)/\(progress.total) \(progress.unit)",
                    isLast: progress.done == progress.total, at: notice.at)
            ]
        }
        if let validation = event.validation {
            return [
                .line(
                    """
                      validation at step \(validation.step): loss \(Quantity.number(validation.loss)), token accuracy \
                    \(Quantity.number(validation.tokenAccuracy))\
                    \(validation.preference.map { ", \($0.summary)" } ?? "")\
                    \(validation.best ? " (best so far)" : "")
                    """)
            ]
        }
        if let warning = event.warning { return [.line("  ! \(warning)")] }
        if let failure = event.failure { return [.line("  ✗ \(failure)")] }
        return []
    }

    /// What became of it.
    static func end(_ run: Run) -> String {
        "\(run.id) is \(run.state.rawValue)\(run.cause.map { ": \($0)" } ?? ".")"
    }

    private static func text(_ step: StepReport) -> String {
        let bar = Bar.text(Double(step.step) / Double(max(1, step.steps)))
        return String(
            format: "  %@ %4d/%d  loss %.4f  grad %.2f  lr %.1e  %4.0f tokens/s  %@", bar, step.step,
            step.steps, step.loss, step.gradientNorm, step.learningRate, step.tokensPerSecond,
            Quantity.bytes(step.memoryBytes))
            + (step.secondsLeft.map { "  \(Quantity.duration($0)) left" } ?? "")
            + (step.preference.map { "  \($0.summary)" } ?? "")
    }

    private mutating func passing(_ text: String, isLast: Bool, at time: Date) -> Part {
        let isDue = isLast || (!replacesLines && time.timeIntervalSince(shownAt) >= 5)
        if isDue { shownAt = time }
        return .passing(text, isDue: isDue)
    }
}
