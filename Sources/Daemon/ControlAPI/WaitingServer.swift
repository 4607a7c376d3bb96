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
    private let listener: ControlListener
    private let threads: AnswerThreads

    /// - Parameters:
    ///   - socket: where to listen.
    ///   - adopted: a socket at that path which somebody else (systemd) listens on already; owned from now on.
    ///   - problem: what the daemon waits for now.
    package init(
        root: String, socket: String, adopted: Int32? = nil, threads: AnswerThreads, startedAt: Date,
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
        listener = ControlListener(
            place: adopted.map(ControlListener.Place.adopted) ?? .path(socket), onListening: onListening, logger: logger
        ) { request, caller in
            guard known.contains(request.uri.path) else { return ErrorAnswers.waiting(problem()) }
            return await router.respond(to: request, from: caller)
        }
    }

    package func run() async throws {
        let listener = self.listener
        try await threads.serving { try await listener.run() }
    }
}
