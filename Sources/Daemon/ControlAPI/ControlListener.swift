import ControlProtocol
import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Nouns
import Platform
import ServiceLifecycle
import TransportSecurity

/// Accepts connections on a socket and answers their requests.
struct ControlListener: Sendable {
    /// What tells one who connects from another, and how connections are secured.
    struct Door: Sendable {
        /// What is known of somebody who has just connected, by the descriptor: whom the connection is counted for at
        /// once (nil: at the first request), and who sends a request on it.
        let admit: @Sendable (Int32) -> (known: (@Sendable () -> Principal)?, identify: Identify)
        var limits = ConnectionLimits.socket
        var identity: TLSIdentity?

        typealias Identify = @Sendable (Request) throws -> Principal
    }

    let door: Door
    /// Connections that are open, with those of other listeners.
    let count: ConnectionCount
    let logger: Logger
    let respond: @Sendable (Request, Caller) async -> Response

    /// How long a stopping daemon waits for a request that a client has not sent yet, or not whole.
    private static let grace = Duration.seconds(2)

    /// Accepts until the daemon is told to stop, or the task is cancelled; then answers whom it has accepted.
    ///
    /// - Parameter onListening: called once connections are accepted.
    func run(_ socket: ListeningSocket, onListening: @Sendable () -> Void = {}) async throws {
        defer { socket.remove() }
        let open = OpenConnections()
        let acceptor = try Acceptor(socket) { count.claim() }
        onListening()
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                try? await gracefulShutdown()
                acceptor.stop()
            }
            // Whoever was accepted is answered, also after the order to stop: closing a server's channel of NIO drops
            // connections that it has accepted and nobody has taken yet, and dropping them traps.
            while let (descriptor, seat) = try await acceptor.next() {
                open.claim()
                group.addTask { await serve(descriptor, seat, open) }
            }
            await open.leave(within: Self.grace)
            group.cancelAll()
        }
    }

    /// Answers what is asked on one connection until it ends.
    private func serve(_ descriptor: Int32, _ seat: ConnectionCount.Seat, _ open: OpenConnections) async {
        var seat = seat
        defer {
            count.release(seat)
            open.release()
        }
        let (known, identify) = door.admit(descriptor)
        let ticket = ConnectionCount.Ticket(count)
        defer { ticket.giveBack() }
        if seat == .usual, let known {
            do { try ticket.belong(to: known()) } catch {
                // He has too many already: he hears so, as do those who are one too many in all.
                guard count.becomeLate() else { return Acceptor.refuse(descriptor) }
                seat = .late
            }
        }
        let departure = Departure()
        let isLate = seat == .late
        let caller = Caller(departure) { request in
            let principal = try identify(request)
            if !isLate { try ticket.belong(to: principal) }
            return principal
        }
        await speak(descriptor, Session(open: open, caller: caller, ticket: ticket, isLate: isLate))
    }

    /// What belongs to one connection.
    private struct Session: Sendable {
        let open: OpenConnections
        let caller: Caller
        let ticket: ConnectionCount.Ticket
        let isLate: Bool
    }

    private func speak(_ descriptor: Int32, _ session: Session) async {
        let logger = self.logger
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let limits = session.isLate ? .late : door.limits
        let clock = NIOLoopBoundBox.makeBoxSendingValue(RequestClock(limits), eventLoop: loop)
        let security = door.identity?.context { failure in
            logger.error("\(failure)", metadata: ["event": "daemon.unhealthy"])
        }
        let departure = session.caller.departure
        // Nothing is read before there is somebody to read it.
        let bootstrap = ClientBootstrap(group: loop)
            .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .channelOption(ChannelOptions.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let security { try channel.pipeline.syncOperations.addHandler(TLSHandler(security)) }
                    try channel.pipeline.syncOperations.addHandlers([
                        RequestClock.Bytes(clock.value), Departure.Watch(departure),
                    ])
                }
            }
        let channel: any Channel
        do { channel = try await bootstrap.withConnectedSocket(descriptor).get() } catch {
            logger.debug("A connection could not be served: \(error)")
            return
        }
        session.open.add(channel)
        defer { session.open.remove(channel) }
        let http = HTTP1Channel(
            responder: { try await answer($0, $1, $2, session) },
            configuration: .init(
                additionalChannelHandlers: [clock.value],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.field, maxHeaderListSize: limits.fields,
                    maxHeaderFieldCount: limits.fieldCount)))
        do {
            let value = try await channel.eventLoop.flatSubmit { http.setup(channel: channel, logger: logger) }.get()
            async let reading: Void = channel.eventLoop.flatSubmit {
                clock.value.begin()
                return channel.setOption(.autoRead, value: true)
            }.get()
            await http.handle(value: value, logger: logger)
            try? await reading
        } catch {
            // It ended before anything was asked.
            logger.trace("A connection ended early: \(error)")
            channel.close(promise: nil)
        }
    }

    private func answer(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel, _ session: Session
    ) async throws {
        let isLast = session.open.asks(channel)
        var response =
            session.isLate && request.uri.path != StatusEndpoints.live.description.path.description
            ? ErrorAnswers.response(ErrorAnswers.tooManyConnections) : await respond(request, session.caller)
        response.headers[.server] = "finetuned"
        let ends = isLast || session.isLate || session.ticket.isRefused
        if ends { response.headers[.connection] = "close" }
        try await writer.write(response: response.head, body: response.body)
        session.open.answered(channel, isLast: ends)
    }
}
