import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import TestSupport
import Testing

struct StatusTests {
    @Test func whatIsWrongMakesTheDaemonDegraded() throws {
        let scene = try OperationsScene()
        let before = try scene.operations.status.show()
        #expect(before.health == "ok")
        #expect(before.root == scene.sandbox.root)
        #expect(before.startedAt == Date(timeIntervalSince1970: 1_795_000_000))
        let failure = Failure(code: "disk.full", "The disk is full.")
        _ = scene.context.problems.set("intake", failure)
        let after = try scene.operations.status.show()
        #expect(after.health == "degraded")
        #expect(after.problems == [failure])
    }

    @Test func runsAreCountedByWhatTheyDo() throws {
        let scene = try OperationsScene()
        let first = try scene.queue().id
        _ = try scene.queue()
        _ = try scene.context.ledger.apply(first, .workerStarted(resumes: false))
        let status = try scene.operations.status.show()
        #expect(status.queued == 1)
        #expect(status.activeRuns == [first])
    }

    @Test func aPipelineSaysWhatItDoesOrWaitsFor() throws {
        let scene = try OperationsScene("promote = \"manual\"\n")
        #expect(try scene.operations.pipelines.show("support").activity == "starting")
        let run = try scene.queue().id
        #expect(try scene.operations.pipelines.show("support").activity == "run \(run) is queued")
        try scene.accept(run)
        #expect(
            try scene.operations.pipelines.show("support").activity
                == "run \(run) passed and waits for `ftctl promote \(run)`")
        #expect(try scene.operations.pipelines.list().map(\.lastRunState) == [.accepted])
    }

    @Test func aPipelineThatIsNotEnabledSaysSo() throws {
        let scene = try OperationsScene("enabled = false\n")
        #expect(try scene.operations.pipelines.show("support").activity == "not enabled")
    }

    @Test func problemsOfAPipelineAreItsOwn() throws {
        let scene = try OperationsScene()
        let (own, other) = (Failure(code: "a.b", "Own."), Failure(code: "a.b", "Of another."))
        _ = scene.context.problems.set("drop:support:x", own)
        _ = scene.context.problems.set("drop:other:x", other)
        // A name may begin as another one does.
        _ = scene.context.problems.set("pipeline:support", own)
        _ = scene.context.problems.set("pipeline:supporters", other)
        #expect(try scene.operations.pipelines.show("support").problems == [own, own])
    }

    @Test func aPipelineThatIsNotThereIsUnknown() throws {
        let scene = try OperationsScene()
        let failure = #expect(throws: Failure.self) { try scene.operations.pipelines.show("nobody") }
        #expect(failure?.code == "pipeline.unknown")
        #expect(failure?.place == "nobody")
    }
}

extension OperationsScene {
    /// Takes a queued run through its life to `accepted`.
    func accept(_ run: RunID) throws {
        for event in RunEvent.path(to: .accepted) { _ = try context.ledger.apply(run, event) }
    }
}
