import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import TestSupport
import Testing

@testable import Operations

/// What status says of a pipeline besides: the simplest alternatives, and the course of the answers to new rows.
struct RemarkTests {
    private func lead(_ difference: Double, _ lower: Double) -> YardstickFinding.Lead {
        .init(difference: difference, lower: lower, upper: difference + (difference - lower))
    }

    private func finding(_ accuracy: Double, rows: Int, _ lead: YardstickFinding.Lead) -> YardstickFinding {
        YardstickFinding(
            alternative: .linear, accuracy: accuracy, rows: rows, learnt: 400, candidate: lead, served: lead)
    }

    @Test func oneSentenceSaysHowTheSimplestAlternativesDo() {
        let ahead = lead(0.08, 0.02)
        let beats = PipelineOperations.sentence(finding(0.77, rows: 120, ahead), ahead)
        #expect(beats.hasPrefix("what is served is shown to beat them: accuracy 0.85 against 0.77 of the linear model"))
        let level = lead(0.01, -0.05)
        let unsure = PipelineOperations.sentence(finding(0.80, rows: 120, level), level)
        #expect(unsure.hasPrefix("what is served is not shown to beat them") && unsure.contains("more epochs"))
        // Of a few rows nothing is said but the figures.
        let few = PipelineOperations.sentence(finding(0.80, rows: 30, level), level)
        #expect(few.hasPrefix("accuracy 0.81 against 0.80") && !few.contains("epochs"))
    }

    @Test func statusComparesWhatIsServedNow() throws {
        let scene = try OperationsScene()
        let run = try scene.queue().id
        #expect(try scene.operations.pipelines.show("support").remarks == nil)
        try scene.accept(run)
        let ahead = lead(0.1, 0.05)
        try scene.context.ledger.amend(run) {
            $0.verdict = Verdict(outcome: .pass, summary: "", gates: [], judgedAt: Date())
            $0.verdict?.yardstick = [finding(0.7, rows: 150, ahead)]
        }
        #expect(try scene.operations.pipelines.show("support").remarks == nil, "nothing is served yet")
    }

    @Test func theCourseOfTheAnswersStandsInStatusAndHistory() throws {
        let drops = [0.9, 0.8].enumerated().map { index, share in
            var drop = Drop(
                id: DropID("d-\(index)"), pipeline: "p", name: "a", sha256: "s\(index)", bytes: 1, state: .stored,
                receivedAt: Date())
            drop.answers = DropAnswers(
                version: "v-1", at: Date(), metric: .accuracy, asked: 100, right: Int(100 * share), known: 0)
            return drop
        }
        #expect(PipelineOperations.sentence(drops)?.hasSuffix("drop by drop: 0.90, 0.80") == true)
        #expect(PipelineOperations.sentence([]) == nil)
        let figure = NewRowsFigure(drops.compactMap(\.answers))
        #expect(figure == NewRowsFigure(drops: 2, asked: 200, right: 170) && figure?.share == 0.85)
        #expect(NewRowsFigure([DropAnswers(version: "v", at: Date(), asked: 3)]) == nil)
    }
}
