import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Answers on a listening socket that somebody else opened (systemd's finetuned.socket), which Hummingbird's own server
/// cannot bind to.
///
/// It accepts by itself and hands each connection to Hummingbird's HTTP/1 channel.
struct AdoptedServer<Responder: HTTPResponder>: Service where Responder.Context == ControlContext {
    let responder: Responder
    /// A listening Unix stream socket; owned from now on.
    let listener: Int32
    let logger: Logger
    /// Called once connections are accepted.
    let onServerRunning: @Sendable () -> Void

    func run() async throws {
        let logger = self.logger
        let responder = self.responder
        let http = HTTP1Channel { request, writer, channel in
            let context = ControlContext(source: .init(channel: channel, logger: logger))
            var response: Response
            do { response = try await responder.respond(to: request, context: context) } catch let error
                as any HTTPResponseError
            {
                response = Response(status: error.status)
            } catch {
                logger.error("A request could not be answered: \(error)", metadata: ["path": "\(request.uri.path)"])
                response = Response(status: .internalServerError)
            }
            response.headers[.server] = "finetuned"
            let body = try await writer.writeHead(response.head)
            try await response.body.write(body)
        }
        let accepted = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .bind(listener) { channel in http.setup(channel: channel, logger: logger) }
        onServerRunning()
        await cancelWhenGracefulShutdown {
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
}
