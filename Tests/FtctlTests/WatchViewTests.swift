import ControlProtocol
import Foundation
import Nouns
import Reports
import Testing
import WorkerProtocol

@testable import ftctl

/// What watching a run shows, on a terminal and in a file.
struct WatchViewTests {
    private static func step(_ step: Int, at seconds: Double) -> RunNotice {
        var event = WorkerEvent(.step, time: seconds)
        event.step = StepReport(
            step: step, steps: 3, epoch: 1, loss: 1.5, gradientNorm: 0.25, learningRate: 0.0005, tokens: 100,
            labelTokens: 10, tokensPerSecond: 119.4, memoryBytes: 700 << 20, secondsLeft: 12)
        return RunNotice(index: step, at: Answers.after(seconds), run: "r-000001", state: .training, event: event)
    }

    private static let story: [RunNotice] = {
        var stage = WorkerEvent(.stage, time: 0)
        stage.stage = "training"
        var validation = WorkerEvent(.validation, time: 0)
        validation.validation = ValidationReport(step: 3, loss: 0.31, tokenAccuracy: 0.9, best: true)
        var warning = WorkerEvent(.warning, time: 0)
        warning.warning = Failure(code: "row.empty", "Two rows are empty.")
        let events = [stage, validation, warning].enumerated().map {
            RunNotice(index: 10 + $0, at: Answers.now, run: "r-000001", state: .training, event: $1)
        }
        return [
            RunNotice(index: 0, at: Answers.now, run: "r-000001", state: .queued, message: "queued by alice"),
            events[0],
            step(1, at: 0), step(2, at: 1), step(3, at: 9), events[1], events[2],
        ]
    }()

    private func text(replacesLines: Bool) -> String {
        var view = WatchView(replacesLines: replacesLines)
        return Quantity.$zone.withValue(.gmt) {
            Self.story.flatMap { view.parts($0) }.map { part in
                switch part {
                case .line(let text): text
                case .passing(let text, let isDue): "\(isDue ? "kept" : "passing"): \(text)"
                }
            }.joined(separator: "\n") + "\n"
        }
    }

    @Test func watchingReadsAsItsGoldenTexts() throws {
        for (name, replaces) in [("run-watch-terminal", true), ("run-watch-file", false)] {
            let difference = try OutputHarness.golden.difference(
                name, input: "$ ftctl watch r-000001", output: text(replacesLines: replaces))
            #expect(difference == nil, "\(difference ?? "")")
        }
    }

    @Test func stepsOfPairsSayWhatPairsShow() throws {
        let pairs = PreferenceReport(
            pairs: 4, loss: 0.6221, chosenReward: 0.0893, rejectedReward: -0.0637, accuracy: 0.75,
            chosenLogProbability: -36.131, rejectedLogProbability: -60.504, error: 0.2)
        var step = Self.step(3, at: 0)
        step.event?.step?.preference = pairs
        var event = WorkerEvent(.validation, time: 0)
        event.validation = ValidationReport(
            step: 3, loss: 0.62, tokenAccuracy: 0.5, best: true, preference: pairs, tokenLoss: 2)
        let measured = RunNotice(index: 4, at: Answers.now, run: "r-000001", state: .training, event: event)
        var view = WatchView(replacesLines: true)
        let text = [step, measured].flatMap { view.parts($0) }.map { part in
            switch part {
            case .line(let text), .passing(let text, _): text + "\n"
            }
        }
        let difference = try OutputHarness.golden.difference(
            "run-watch-pairs", input: "$ ftctl watch r-000001", output: text.joined())
        #expect(difference == nil, "\(difference ?? "")")
    }

    @Test func itSaysWhatBecameOfTheRun() {
        #expect(WatchView.end(Answers.run(1, state: .promoted)) == "r-000001 is promoted.")
        #expect(WatchView.end(Answers.failed).hasPrefix("r-000002 is failed: runs/r-000002: The worker needed"))
    }

    @Test func barsStayWithinTheirWidth() {
        for done in [-1, 0, 0.5, 1, 7, .nan, .infinity] as [Double] { #expect(Bar.text(done, width: 10).count == 10) }
        #expect(Bar.text(0.5, width: 4) == "██░░")
    }
}
