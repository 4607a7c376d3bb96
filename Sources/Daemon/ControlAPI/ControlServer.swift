import Foundation
import Logging
import Operations
import Platform
import ServiceLifecycle
import Settings
import StageKit
import TransportSecurity
import WireAPI

/// Answers the control API and OpenAI's on the daemon's Unix socket, and over TCP where it is set up, on threads that
/// no stage uses.
package struct ControlServer: Service {
    private let socket: ControlSocket
    private let listener: ControlListener
    private let network: (listening: ListeningSocket, listener: ControlListener)?
    private let threads: AnswerThreads
    private let onListening: @Sendable () -> Void

    /// - Parameters:
    ///   - socket: where to listen.
    ///   - network: where to listen over TCP as well.
    ///   - api: the bounds of connections, and how TCP is offered.
    ///   - threads: where everything is answered.
    ///   - onListening: called once connections are accepted.
    package init(
        _ operations: Operations, _ wire: WireOperations, socket: ControlSocket, network: NetworkListener? = nil,
        api: APISettings = APISettings(), threads: AnswerThreads, onListening: @escaping @Sendable () -> Void = {},
        logger: Logger
    ) {
        let router = ControlRouter(
            .all(operations, wire), ownership: operations.ownership, threads: threads,
            repetitions: operations.repetitions, audit: operations.audit, meters: operations.metrics.meters)
        let count = ConnectionCount(
            limit: min(api.connections, OpenConnections.most), each: api.connectionsEach)
        let tokens = operations.tokens
        let token: TokenCheck = { try tokens.principal($0) }
        let listener = { (door: ControlListener.Door) in
            ControlListener(door: door, count: count, logger: logger) { request, caller in
                let response = await router.respond(to: request, from: caller)
                // An answer to HEAD has no body, whatever it says.
                return request.method == .head ? response.createHeadResponse() : response
            }
        }
        self.threads = threads
        self.socket = socket
        self.onListening = onListening
        self.listener = listener(.socket(socket.access, token))
        self.network = network.map { network in
            let access = NetworkAccess(address: network.address, settings: api, token: token)
            return (network.socket, listener(.network(access, network.identity)))
        }
    }

    package func run() async throws {
        try await threads.serving {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let listening = try socket.listen()
                group.addTask { try await listener.run(listening, onListening: onListening) }
                if let network { group.addTask { try await network.listener.run(network.listening) } }
                try await group.waitForAll()
            }
        }
    }
}
