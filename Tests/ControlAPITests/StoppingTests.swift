import ControlClient
import ControlProtocol
import Dispatch
import Foundation
import Logging
import Nouns
import OperationsScene
import Platform
import ServiceLifecycle
import StageKit
import Synchronization
import Testing

@testable import ControlAPI

/// A daemon that is told to stop waits for nobody who asks.
struct StoppingTests {
    private struct Listening: Service {
        let listener: ControlListener
        let socket: ListeningSocket
        let onListening: @Sendable () -> Void
        func run() async throws { try await listener.run(socket, onListening: onListening) }
    }

    /// Serves `routes` until `stop`, and comes back when the server has left.
    private func serve(
        _ routes: Routes, _ scene: OperationsScene, _ body: @Sendable (ControlClient, ServiceGroup) async throws -> Void
    ) async throws {
        let listening = Bell()
        let router = ControlRouter(routes, threads: AnswerThreads())
        let listener = ControlListener(
            door: .socket(SocketAccess(isRooted: true)) { _ in nil }, count: ConnectionCount(limit: 100, each: 100),
            logger: scene.context.logger
        ) { await router.respond(to: $0, from: $1) }
        let group = ServiceGroup(
            services: [
                Listening(
                    listener: listener, socket: try ListeningSocket(path: scene.sandbox.layout.socket),
                    onListening: { listening.ring() })
            ], logger: scene.context.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await listening.wait(atMost: .seconds(300))
            // Where every thread is at work an answer may take minutes, which is no fault of what is tested here.
            let client = ControlClient(socket: scene.sandbox.layout.socket, patience: 300)
            do { try await body(client, group) } catch {
                // The server would be waited for, and the error never be told.
                await group.triggerGracefulShutdown()
                throw error
            }
            try await tasks.waitForAll()
        }
    }

    @Test func whoeverWatchesARunDoesNotKeepItFromStopping() async throws {
        let scene = try OperationsScene()
        let run = try scene.queue().id
        scene.feed.tell(run, .queued, message: "queued")
        try await serve(.all(scene.operations, scene.wire), scene) { client, group in
            // The story has no end of its own: the run is not over.
            var isStopping = false
            // Where every thread is at work a question may come later than the server waits for one: it is asked again.
            for _ in 0..<30 where !isStopping {
                do {
                    try await client.lines(.runs.events(run, NoticeQuery(follow: true))) { _ in
                        isStopping = true
                        Task { await group.triggerGracefulShutdown() }
                        return true
                    }
                } catch let failure as Failure {
                    #expect(failure.code.hasPrefix("client."))
                }
            }
            #expect(isStopping)
        }
    }

    private final class State: Sendable {
        let isBegun = Mutex(false)
    }

    /// The heavy question is let go only after the server has left: were it waited for, this would not end.
    @Test func aHeavyQuestionDoesNotKeepItFromStopping() async throws {
        let scene = try OperationsScene()
        let goOn = DispatchSemaphore(value: 0)
        let begun = Bell()
        let state = State()
        var routes = Routes()
        routes.on(.versions.garbage) { _ in
            state.isBegun.withLock { $0 = true }
            begun.ring()
            Self.hold(goOn)
            return GarbagePlan(items: [], kept: [], removed: false)
        }
        try await serve(routes, scene) { client, group in
            let asked = Task {
                // Asked again where it came later than the server waits for a question.
                for _ in 0..<30 {
                    do { return try await client.send(.versions.garbage()) } catch let failure as Failure {
                        if state.isBegun.withLock({ $0 }) { throw failure }
                    }
                }
                return try await client.send(.versions.garbage())
            }
            await begun.wait(atMost: .seconds(300))
            await group.triggerGracefulShutdown()
            let failure = await #expect(throws: Failure.self) { try await asked.value }
            #expect(failure?.code == "daemon.stopping" || failure?.code.hasPrefix("client.") == true)
        }
        goOn.signal()
    }

    private static func hold(_ semaphore: DispatchSemaphore) { semaphore.wait() }
}
