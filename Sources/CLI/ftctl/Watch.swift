import ArgumentParser
import ControlProtocol
import Foundation
import Nouns

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Follow a run live: stage, step, loss, speed, time left.")
    @OptionGroup var connection: Connection
    @Argument(help: "The run; the newest otherwise.") var run: String?

    func run() async throws {
        try await connection.use { client in
            let id: String
            if let run {
                id = run
            } else {
                guard let newest = try await client.get([Run].self, ControlRoute.runs, ["limit": "1"]).first else {
                    return Terminal.line("There are no runs yet.")
                }
                id = newest.id.rawValue
            }
            var view = WatchView()
            try await client.lines(RunNotice.self, ControlRoute.runEvents(id), ["follow": "1"]) { notice in
                if connection.json {
                    Terminal.line(String(decoding: try ContractCoding.encode(notice), as: UTF8.self))
                } else {
                    view.show(notice)
                }
                return true
            }
            view.finish()
            let last = try await client.get(Run.self, ControlRoute.run(id))
            if !connection.json {
                Terminal.line("\(last.id) is \(last.state.rawValue)\(last.cause.map { ": \($0)" } ?? "")")
            }
            if last.state != .promoted, last.state != .delivered, last.state != .accepted { throw ExitCode(2) }
        }
    }
}

/// Turns notices into lines; on a terminal the present step replaces the one before.
struct WatchView {
    private var open = false
    private var lastShown = Date.distantPast
    private var stage = ""

    mutating func show(_ notice: RunNotice) {
        if let message = notice.message {
            return whole("\(Terminal.time(notice.at))  \(notice.state.rawValue): \(message)")
        }
        guard let event = notice.event else { return }
        if let stage = event.stage {
            self.stage = stage
            return whole("  \(stage)")
        }
        if let step = event.step {
            passing(
                String(
                    format: "  %@ %4d/%d  loss %.4f  grad %.2f  lr %.1e  %4.0f tokens/s  %@  %@ left",
                    Terminal.bar(Double(step.step) / Double(max(1, step.steps))),
                    step.step, step.steps, step.loss, step.gradientNorm, step.learningRate, step.tokensPerSecond,
                    Terminal.bytes(step.memoryBytes),
                    step.secondsLeft.map(Terminal.duration) ?? "?"), final: step.step == step.steps, at: notice.at)
        } else if let progress = event.progress {
            passing(
                """
                  \(Terminal.bar(Double(progress.done) / Double(max(1, progress.total)))) \
                \(progress.done)/\(progress.total) \(progress.unit)
                """,
                final: progress.done == progress.total, at: notice.at)
        } else if let validation = event.validation {
            whole(
                String(
                    format: "  validation at step %d: loss %.4f, token accuracy %.3f%@", validation.step,
                    validation.loss, validation.tokenAccuracy,
                    validation.best ? " (best so far)" : ""))
        } else if let warning = event.warning {
            whole("  ! \(warning)")
        } else if let failure = event.failure {
            whole("  ✗ \(failure)")
        }
    }

    mutating func finish() {
        if open { Terminal.line("") }
        open = false
    }

    private mutating func whole(_ text: String) {
        finish()
        Terminal.line(text)
    }

    /// Something that is soon out of date: replaced on a terminal, thinned out elsewhere.
    private mutating func passing(_ text: String, final: Bool, at time: Date) {
        if Terminal.isInteractive {
            Terminal.replace(text)
            open = true
        } else if final || time.timeIntervalSince(lastShown) >= 5 {
            lastShown = time
            Terminal.line(text)
        }
    }
}
