import Foundation
import Nouns
import TestSupport
import Testing
import WorkerProtocol

@testable import Experiments

/// What trials are compared by.
struct TrialCurvesTests {
    private func report(_ error: Double, loss: Double, share: Double, answers: Double?) -> PreferenceReport {
        PreferenceReport(
            pairs: 8, loss: loss, chosenReward: 0.1, rejectedReward: -0.1, accuracy: 0.75, chosenLogProbability: -10,
            rejectedLogProbability: -12, error: error, share: share, answerLoss: answers)
    }

    /// `beta` and the kind of loss change what a trial lowers, so that is not what trials are compared by.
    @Test func pairsAreComparedByTheChanceOfTheWorseAnswer() {
        let gentle = report(0.2, loss: 0.69, share: 1, answers: nil)
        let sharp = report(0.3, loss: 0.01, share: 1, answers: nil)
        #expect(TrialCurves.comparable(0.69, gentle, 5) == 0.2 && TrialCurves.comparable(0.01, sharp, 5) == 0.3)
        let mixed = report(0.2, loss: 0.5, share: 0.25, answers: 2)
        #expect(abs(TrialCurves.comparable(1.6, mixed, 0.5) - (0.05 + 0.75)) < 1e-12)
        #expect(TrialCurves.comparable(1.6, nil, 0.5) == 0.8, "other rows by their loss, as ever")
    }

    @Test func aTrialsCurveIsReadSo() throws {
        let sandbox = try Sandbox()
        var lines = Data()
        for (step, error) in [(0, 0.5), (4, 0.25), (8, 0.3)] {
            var event = WorkerEvent(.validation, time: 0)
            event.validation = ValidationReport(
                step: step, loss: 0.1, tokenAccuracy: 0, best: step <= 4,
                preference: report(error, loss: 0.1, share: 1, answers: nil), tokenLoss: 3)
            lines += try ContractCoding.encode(event) + Data("\n".utf8)
        }
        try lines.write(to: URL(filePath: sandbox.root + "/events.jsonl"))
        var trial = Trial(number: 0, values: [:])
        TrialCurves.read(sandbox.root, into: &trial, scale: 7)
        #expect(trial.curve.map(\.loss) == [0.5, 0.25, 0.3])
        #expect(trial.curve.last { $0.best }?.loss == 0.25)
    }
}
