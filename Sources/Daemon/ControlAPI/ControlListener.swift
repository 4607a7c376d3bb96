import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Platform
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
    /// How many connections may be open at once; more are refused.
    var limit = OpenConnections.usualLimit
    let respond: @Sendable (Request, Caller) async -> Response

    /// How long a stopping daemon waits for a request that a client has not sent yet, or not whole.
    private static let grace = Duration.seconds(2)

    func run() async throws {
        let socket =
            switch place {
            case .path(let path): try ListeningSocket(path: path)
            case .adopted(let descriptor): try ListeningSocket(adopting: descriptor)
            }
        defer { socket.remove() }
        let open = OpenConnections(limit: limit)
        let acceptor = try Acceptor(socket) { !open.claim() }
        onListening()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                // Ends when the daemon is told to stop, or the task is cancelled.
                try? await gracefulShutdown()
                acceptor.stop()
            }
            // Whoever was accepted is answered, also after the order to stop: closing a server's channel of NIO drops
            // connections that it has accepted and nobody has taken yet, and dropping them traps.
            while let descriptor = try await acceptor.next() {
                group.addTask { await serve(descriptor, open) }
            }
            await open.leave(within: Self.grace)
            group.cancelAll()
        }
    }

    private func channelHandler(_ open: OpenConnections, _ departure: Departure) -> HTTP1Channel {
        let respond = self.respond
        return HTTP1Channel { request, writer, channel in
            let isLast = open.asks(channel)
            var response = await respond(request, Caller(channel, departure))
            response.headers[.server] = "finetuned"
            if isLast { response.headers[.connection] = "close" }
            try await writer.write(response: response.head, body: response.body)
            open.answered(channel)
        }
    }

    /// Answers what is asked on one connection until it ends.
    private func serve(_ descriptor: Int32, _ open: OpenConnections) async {
        defer { open.release() }
        let departure = Departure()
        let http = channelHandler(open, departure)
        let logger = self.logger
        // Nothing is read before there is somebody to read it.
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .channelOption(ChannelOptions.autoRead, value: false)
            .channelInitializer { $0.pipeline.addHandler(Departure.Watch(departure)) }
        let channel: any Channel
        do { channel = try await bootstrap.withConnectedSocket(descriptor).get() } catch {
            logger.debug("A connection could not be served: \(error)")
            return
        }
        open.add(channel)
        defer { open.remove(channel) }
        do {
            let value = try await channel.eventLoop.flatSubmit { http.setup(channel: channel, logger: logger) }.get()
            async let reading: Void = channel.setOption(.autoRead, value: true).get()
            await http.handle(value: value, logger: logger)
            try? await reading
        } catch {
            // It ended before anything was asked.
            logger.trace("A connection ended early: \(error)")
            channel.close(promise: nil)
        }
    }
}
