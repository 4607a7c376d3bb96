import Foundation
import Launching
import Ledger
import Nouns
import TestSupport
import Testing

@testable import Experiments

struct IterationServiceTests {
    private func rejected(_ scene: Scene, _ run: Run, advice: [Advice], recall: Int = 1) throws {
        let ledger = scene.context.ledger
        let verdict = Verdict(
            outcome: .fail, summary: "no", gates: [], advice: advice,
            confusion: ["bug": ["bug": recall, "other": 10 - recall]], judgedAt: Date(timeIntervalSince1970: 0))
        for event in RunEvent.path(to: .evaluated) + [.judged(verdict, promotesItself: false)] {
            _ = try ledger.apply(run.id, event)
        }
    }

    @Test func eachRejectionIsFollowedOnceUntilTheBudgetIsSpent() async throws {
        let scene = try Scene { pipeline in
            pipeline.iterate = .auto
            pipeline.iterateRuns = 2
        }
        let snapshot = try scene.snapshot()
        let ledger = scene.context.ledger
        let service = ExperimentService(scene.context, launcher: StubLauncher { _ in throw WorkerEnd.interrupted }) {
            _, _, _ in snapshot
        }
        let first = try #require(
            try ledger.queue(taking: []) {
                Run(
                    id: $0, pipeline: "p", mode: .fromBase, base: "one", snapshot: "s-1", drops: [], recipe: Recipe(),
                    createdAt: Date(), requestedBy: "me")
            })
        _ = try await service.pass()
        #expect(try ledger.runs().count == 1, "nothing follows a run that is under way")
        try rejected(scene, first, advice: [Advice(action: "lower_learning_rate", reason: "it jumps")])
        _ = try await service.pass()
        _ = try await service.pass()
        let runs = try ledger.runs()
        #expect(runs.count == 2, "one step, once")
        let second = runs[0]
        #expect(second.origin == first.id && second.purpose == .iteration && second.priority == 30)
        #expect(abs((second.recipe.learningRate ?? 0) - 5e-4 / 3) < 1e-12)
        #expect(second.step?.contains("it jumps") == true)
        #expect(try ledger.run(first.id)?.followUp?.contains(second.id.rawValue) == true)
        try rejected(scene, second, advice: [])
        _ = try await service.pass()
        let third = try ledger.runs()[0]
        #expect(third.origin == second.id)
        try rejected(scene, third, advice: [])
        _ = try await service.pass()
        #expect(try ledger.runs().count == 3)
        let end = try #require(try ledger.run(third.id)?.followUp)
        #expect(end.contains("Tried: lower learning rate") && end.contains("budget of 2"))
        #expect(end.contains("rows of class 'bug'"))
    }

    @Test func missingRowsGrowWithTheErrorAndStayWithinReason() {
        #expect(IterationRules.rowsNeeded(recall: 0.6, have: 100) == 300)
        #expect(IterationRules.rowsNeeded(recall: 0.79, have: 100) == 11)
        #expect(IterationRules.rowsNeeded(recall: 0, have: 100) == 1000)
        #expect(IterationRules.rowsNeeded(recall: 0, have: 0) == 25)
        #expect(IterationRules.rowsNeeded(recall: 1, have: 5) == 10)
    }
}
