import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Accepts connections on a Unix socket, its own or one that somebody else listens on, and answers their requests.
struct ControlListener: Sendable {
    enum Place {
        /// Makes the socket, and removes it at the end.
        case path(String)
        /// A listening Unix stream socket that somebody else made; owned from now on.
        case adopted(Int32)
    }

    let place: Place
    /// Called once connections are accepted.
    let onListening: @Sendable () -> Void
    let logger: Logger
    let respond: @Sendable (Request, Caller) async -> Response

    func run() async throws {
        let respond = self.respond
        let http = HTTP1Channel { request, writer, channel in
            var response = await respond(request, Caller(channel))
            response.headers[.server] = "finetuned"
            try await writer.write(response: response.head, body: response.body)
        }
        let accepted = try await bind(http)
        onListening()
        await cancelWhenGracefulShutdown { await serve(accepted, http) }
        if case .path(let path) = place { unlink(path) }
    }

    private typealias Connections = NIOAsyncChannel<HTTP1Channel.Value, Never>

    private func bind(_ http: HTTP1Channel) async throws -> Connections {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
        let logger = self.logger
        switch place {
        case .adopted(let descriptor):
            return try await bootstrap.bind(descriptor) { http.setup(channel: $0, logger: logger) }
        case .path(let path):
            // A socket that a killed daemon left behind; the root's lock says that none is alive.
            unlink(path)
            let accepted = try await bootstrap.bind(unixDomainSocketPath: path) { channel in
                http.setup(channel: channel, logger: logger)
            }
            // The folder decides who may connect; group members may.
            chmod(path, 0o660)
            return accepted
        }
    }

    private func serve(_ accepted: Connections, _ http: HTTP1Channel) async {
        await withDiscardingTaskGroup { group in
            do {
                try await accepted.executeThenClose { connections in
                    for try await connection in connections {
                        group.addTask { await http.handle(value: connection, logger: logger) }
                    }
                }
            } catch is CancellationError {
            } catch {
                logger.error("The control socket failed: \(error)")
            }
        }
    }
}
