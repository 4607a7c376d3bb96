import ControlProtocol
import Dispatch
import Foundation
import Nouns
import OperationsScene
import StageKit
import Testing

@testable import ControlAPI

struct WeightTests {
    /// Every thread for heavy questions is held until quick ones were answered: were they to wait, this would not end.
    @Test func quickQuestionsAreAnsweredWhileHeavyOnesWork() async throws {
        let scene = try OperationsScene()
        let begun = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        var routes = Routes()
        routes.on(.status.show) { _ in try scene.operations.status.show() }
        routes.on(.versions.garbage) { _ in
            Self.hold(begun, goOn)
            return GarbagePlan(items: [], kept: [], removed: false)
        }
        let ask = Ask(routes)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<AnswerThreads.heavyAtOnce { group.addTask { try await ask(.get, "/v1/garbage").status } }
            for _ in 0..<AnswerThreads.heavyAtOnce { await Self.wait(begun) }
            for _ in 0..<20 { #expect(try await ask(.get, "/v1/status").status == 200) }
            for _ in 0..<AnswerThreads.heavyAtOnce { goOn.signal() }
            for try await status in group { #expect(status == 200) }
        }
    }

    @Test func whatReadsFilesOrManyRowsIsHeavy() {
        let quick = ControlAPITable.all.filter { $0.weight == .quick }.map(\.name)
        #expect(
            quick == [
                "status.show", "status.live", "status.ready", "status.metrics", "status.openAPI", "pipelines.list",
                "pipelines.show",
                "pipelines.settings", "pipelines.history", "pipelines.share",
                "runs.show", "runs.events", "runs.pause", "runs.resume", "runs.cancel", "bases.list", "bases.show",
                "uploads.open", "uploads.resume", "uploads.room", "uploads.size", "experiments.show",
                "experiments.stop", "tokens.add", "tokens.list", "tokens.remove",
                "audit.list", "backups.close",
                "files.list", "files.show", "files.remove", "parts.begin", "parts.cancel", "models.show", "chat.create",
                "completions.create", "responses.create",
                "decisions.create", "graders.validate",
                "jobs.show", "jobs.cancel", "jobs.pause", "jobs.resume", "jobs.follow",
                "stored.show", "stored.update", "stored.messages",
            ])
    }

    private static func hold(_ begun: DispatchSemaphore, _ goOn: DispatchSemaphore) {
        begun.signal()
        goOn.wait()
    }

    private static func wait(_ semaphore: DispatchSemaphore) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                semaphore.wait()
                continuation.resume()
            }
        }
    }
}
