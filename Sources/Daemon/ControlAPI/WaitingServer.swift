import ControlProtocol
import Foundation
import HummingbirdCore
import Logging
import Nouns
import Platform
import ServiceLifecycle
import StageKit

/// Answers the control socket of a daemon that cannot begin yet, such as one whose disk is full: `ftctl status` says
/// what it waits for, and everything else is refused with the same words.
package struct WaitingServer: Service {
    private let socket: ControlSocket
    private let listener: ControlListener
    private let onListening: @Sendable () -> Void
    private let threads: AnswerThreads

    /// - Parameters:
    ///   - socket: where to listen.
    ///   - problem: what the daemon waits for now.
    package init(
        root: String, socket: ControlSocket, threads: AnswerThreads,
        startedAt: Date,
        problem: @escaping @Sendable () -> Failure, onListening: @escaping @Sendable () -> Void = {}, logger: Logger
    ) {
        var routes = Routes()
        routes.on(.status.show) { _ in
            StatusAnswer(
                version: BuildVersion.text, pid: Int(getpid()), startedAt: startedAt, root: root, health: "degraded",
                problems: [problem()], pipelines: [], queued: 0, activeRuns: [], memoryBytes: System.residentBytes())
        }
        routes.on(.status.ready) { _ in throw ReadyAnswer.unready([problem()]) }
        routes.addPresence()
        let router = ControlRouter(routes, threads: threads)
        let known = Set(routes.all.map { "\($0.endpoint.path)" })
        self.threads = threads
        self.socket = socket
        self.onListening = onListening
        let count = ConnectionCount(limit: OpenConnections.most, each: OpenConnections.most)
        // Who has a token is not known before the ledger can be read.
        listener = ControlListener(door: .socket(socket.access) { _ in nil }, count: count, logger: logger) {
            request, caller in
            guard known.contains(request.uri.path) else { return ErrorAnswers.waiting(problem()) }
            return await router.respond(to: request, from: caller)
        }
    }

    package func run() async throws {
        let listener = self.listener
        let onListening = self.onListening
        let listening = try socket.listen()
        try await threads.serving { try await listener.run(listening, onListening: onListening) }
    }
}
