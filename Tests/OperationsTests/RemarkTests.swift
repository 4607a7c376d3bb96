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
        let figures = "accuracy 0.85 against 0.77 of the linear model"
        #expect(beats.hasPrefix("what is served is shown to beat the simplest alternatives: " + figures))
        let level = lead(0.01, -0.05)
        let unsure = PipelineOperations.sentence(finding(0.80, rows: 120, level), level)
        #expect(unsure.hasPrefix("what is served is not shown to beat the simplest alternatives: accuracy"))
        #expect(unsure.contains("more epochs"))
        // Of a few rows nothing is said but the figures.
        let few = PipelineOperations.sentence(finding(0.80, rows: 30, level), level)
        #expect(few.hasPrefix("accuracy 0.81 against 0.80") && !few.contains("epochs"))
    }

    @Test func statusComparesWhatIsServedNow() throws {
        let scene = try OperationsScene()
        let run = try scene.queue()
        for event in RunEvent.path(to: .accepted) { _ = try scene.context.ledger.apply(run.id, event) }
        try scene.context.ledger.amend(run.id) {
            $0.version = "v-1"
            $0.verdict?.yardstick = [finding(0.7, rows: 150, lead(0.1, 0.05))]
        }
        #expect(try scene.operations.pipelines.show("support").remarks == nil, "nothing is served yet")
        try scene.context.ledger.add(
            ModelVersion(
                id: "v-1", pipeline: "support", run: run.id, base: "tiny", baseDigest: "abc", adapters: [],
                snapshot: run.snapshot, recipe: run.recipe, createdAt: Date(), code: "c", machine: "m"))
        _ = try scene.context.ledger.promote(
            "support", to: "v-1", run: run.id, kind: .automatic, who: "test", reason: "r")
        let remarks = try #require(try scene.operations.pipelines.show("support").remarks)
        #expect(remarks.count == 1 && remarks[0].contains("0.80 against 0.70 of the linear model"))
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
