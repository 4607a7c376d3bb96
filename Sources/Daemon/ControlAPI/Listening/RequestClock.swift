import ControlProtocol
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import Nouns

/// Ends a connection on which too long is waited for whoever asks, and answers a head that is too large.
///
/// It stands where requests are parts already; ``Bytes`` tells it of bytes that are no part yet.
final class RequestClock: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ConnectionLimits
    private var phase: RequestPhase
    private var task: Scheduled<Void>?
    private var reading: Scheduled<Void>?
    private var isAnswering = false
    private var context: ChannelHandlerContext?

    init(_ limits: ConnectionLimits) {
        self.limits = limits
        phase = RequestPhase(limits)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        task?.cancel()
        reading?.cancel()
    }

    /// The connection is read from now on.
    func begin() {
        phase.begins(.now())
        if let context { wind(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: phase.cameHead()
        case .body(let buffer): phase.cameBody(buffer.readableBytes, .now())
        case .end: phase.cameEnd(.now())
        }
        wind(context)
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        phase.waits(.now())
        wind(context)
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: isAnswering = true
        case .body: break
        case .end:
            isAnswering = false
            phase.sentEnd(.now())
            wind(context)
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        reading?.cancel()
        reading = nil
        if let limit = limits.reading, !context.channel.isWritable {
            reading = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { context.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    /// A head that is too large is told so; NIO's word for every other fault of a request is 400.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case HTTPParserError.headerOverflow = error, !isAnswering else { return context.fireErrorCaught(error) }
        let failure = Failure(
            code: "request.head_too_large",
            """
            The head of the request has more than \(limits.fieldCount) fields, one of more than \
            \(limits.field >> 10) KiB, or more than \(limits.fields >> 10) KiB in all.
            """,
            remedy: "Send fewer and shorter fields, and a shorter path.")
        let body = (try? ContractCoding.encode(ErrorAnswer(failure))) ?? Data()
        let fields: HTTPFields = [
            .contentType: "application/json", .contentLength: "\(body.count)", .connection: "close",
        ]
        let head = HTTPResponse(status: .requestHeaderFieldsTooLarge, headerFields: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
    }

    fileprivate func came(_ context: ChannelHandlerContext) { phase.came(.now()) }

    /// Sets the alarm for what is waited for now.
    private func wind(_ context: ChannelHandlerContext) {
        task?.cancel()
        task = nil
        guard let deadline = phase.deadline else { return }
        task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { context.close(promise: nil) }
    }

    /// Stands where bytes come in.
    final class Bytes: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let clock: RequestClock

        init(_ clock: RequestClock) { self.clock = clock }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            clock.came(context)
            context.fireChannelRead(data)
        }
    }
}
