import Foundation
import Logging
import Operations
import ServiceLifecycle
import StageKit
import WireAPI

/// Answers the control API and OpenAI's on the daemon's Unix socket, on threads that no stage uses.
package struct ControlServer: Service {
    private let router: ControlRouter
    private let listener: ControlListener
    private let threads: AnswerThreads

    /// - Parameters:
    ///   - socket: where to listen.
    ///   - adopted: a socket at that path which somebody else (systemd) listens on already; it outlives this daemon.
    ///   - threads: where everything is answered.
    ///   - onListening: called once connections are accepted.
    package init(
        _ operations: Operations, _ wire: WireOperations, socket: String, adopted: Int32? = nil, threads: AnswerThreads,
        onListening: @escaping @Sendable () -> Void = {}, logger: Logger
    ) {
        let router = ControlRouter(.all(operations, wire), threads: threads)
        self.threads = threads
        self.router = router
        listener = ControlListener(
            place: adopted.map(ControlListener.Place.adopted) ?? .path(socket), onListening: onListening,
            logger: logger
        ) { request, caller in await router.respond(to: request, from: caller) }
    }

    package func run() async throws {
        let listener = self.listener
        try await threads.serving { try await listener.run() }
    }
}
