import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import StageKit
import Synchronization
import Testing

@testable import Operations

/// What comes several times under one key is carried out once.
final class RepetitionTests: Sendable {
    let scene: OperationsScene
    private let made = Mutex(0)

    init() throws { scene = try OperationsScene() }

    private func ask(
        _ repetitions: Repetitions, key: String = "k", who: String = "ada", request: String = "r",
        isRepeatable: Bool = true, form: Bool = false, fails: Failure? = nil
    ) async throws -> String {
        let data = try await repetitions.once(
            key, who: who, request: request, form: form, isRepeatable: isRepeatable
        ) {
            self.made.withLock { $0 += 1 }
            await Task.yield()
            if let fails { throw fails }
            return Data(RandomName.made("thing-").utf8)
        }
        return String(decoding: data, as: UTF8.self)
    }

    private var count: Int { made.withLock { $0 } }

    @Test func askedAtOnceAndLaterItIsMadeOnce() async throws {
        let repetitions = scene.operations.repetitions
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await self.ask(repetitions) } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers.count == 1 && count == 1)
        let restarted = Repetitions(scene.context)
        let again = try await ask(restarted)
        #expect(answers == [again] && count == 1)
        let bens = try await ask(restarted, who: "ben")
        #expect(!answers.contains(bens) && count == 2)
    }

    @Test func anotherRequestUnderTheKeyIsRefused() async throws {
        _ = try await ask(scene.operations.repetitions)
        await #expect(
            throws: Failure(
                code: "request.idempotency", "This Idempotency-Key came before with another request.",
                remedy: "Give each request a key of its own.")
        ) {
            try await ask(scene.operations.repetitions, request: "other")
        }
        await #expect(throws: Failure.self) { try await ask(scene.operations.repetitions, key: "") }
    }

    @Test func whatWasRefusedMayBeAskedAnew() async throws {
        let fault = Failure(code: "request.value", "no")
        await #expect(throws: fault) { try await ask(scene.operations.repetitions, fails: fault) }
        let answer = try await ask(scene.operations.repetitions, request: "mended")
        #expect(answer.hasPrefix("thing-"))
    }

    /// A daemon that was killed after it made something and before it kept the answer.
    @Test func whatWasCutShortComesToTheSameNameOrIsNotDoneAgain() async throws {
        let fault = Failure(code: "internal", "killed")
        await #expect(throws: fault) { try await ask(scene.operations.repetitions, fails: fault) }
        await #expect(throws: fault) { try await ask(scene.operations.repetitions, key: "j", fails: fault) }
        let restarted = Repetitions(scene.context)
        let first = try await ask(restarted, form: true)
        let second = try await ask(restarted, form: true)
        #expect(second == first)
        do {
            _ = try await ask(restarted, key: "j", isRepeatable: false)
            Issue.record("it may have been done")
        } catch let failure as Failure { #expect(failure.code == "request.interrupted") }
    }
}
