import CLibssl
import NIOCore

/// Secures one connection of a server by TLS: bytes of the network on one side, what they mean on the other.
///
/// OpenSSL reads from and writes to memory; this moves the bytes. It is used on its channel's event loop alone.
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// The other side does not speak TLS, or not as it must.
    package struct Fault: Error {}

    private let settings: TLSContext
    private var connection: OpaquePointer?
    /// Bytes of the network that wait for OpenSSL, and those that it wants sent. They belong to the connection.
    private var (incoming, outgoing): (OpaquePointer?, OpaquePointer?) = (nil, nil)
    private var isEstablished = false
    private var hasFailed = false
    private var hasEnded = false
    /// What is to be sent once the handshake is done.
    private var waiting: [(ByteBuffer, EventLoopPromise<Void>?)] = []
    /// Bytes that are decrypted at a time: a record of TLS has at most so many.
    private static let piece = 1 << 14

    package init(_ settings: TLSContext) { self.settings = settings }

    deinit { SSL_free(connection) }

    package func handlerAdded(context: ChannelHandlerContext) {
        guard let connection = SSL_new(settings.pointer), let incoming = BIO_new(BIO_s_mem()),
            let outgoing = BIO_new(BIO_s_mem())
        else { return fail(context) }
        SSL_set_bio(connection, incoming, outgoing)
        SSL_set_accept_state(connection)
        (self.connection, self.incoming, self.outgoing) = (connection, incoming, outgoing)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard !hasFailed, let incoming else { return }
        let taken = buffer.withUnsafeReadableBytes { BIO_write(incoming, $0.baseAddress, Int32($0.count)) }
        guard Int(taken) == buffer.readableBytes || buffer.readableBytes == 0 else { return fail(context) }
        if !isEstablished { shakeHands(context) }
        if isEstablished { readAll(context) }
    }

    private func shakeHands(_ context: ChannelHandlerContext) {
        ERR_clear_error()
        let status = SSL_do_handshake(connection)
        send(context, nil)
        context.flush()
        if status == 1 {
            isEstablished = true
            let queued = waiting
            waiting = []
            for (buffer, promise) in queued { encrypt(buffer, promise, context) }
            context.flush()
        } else if SSL_get_error(connection, status) != SSL_ERROR_WANT_READ {
            fail(context)
        }
    }

    private func readAll(_ context: ChannelHandlerContext) {
        while !hasFailed, !hasEnded {
            var buffer = context.channel.allocator.buffer(capacity: Self.piece)
            ERR_clear_error()
            var status: Int32 = 0
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.piece) { bytes in
                status = SSL_read(connection, bytes.baseAddress, Int32(min(bytes.count, Self.piece)))
                return max(0, Int(status))
            }
            if status > 0 {
                context.fireChannelRead(wrapInboundOut(buffer))
                continue
            }
            switch SSL_get_error(connection, status) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
            case SSL_ERROR_ZERO_RETURN:
                // The other side has said that it sends no more.
                hasEnded = true
                context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            default: fail(context)
            }
            break
        }
        // A new key, or what an alert is answered with.
        send(context, nil)
        context.flush()
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let buffer = unwrapOutboundIn(data)
        guard !hasFailed else {
            promise?.fail(Fault())
            return
        }
        guard isEstablished else {
            waiting.append((buffer, promise))
            return
        }
        encrypt(buffer, promise, context)
    }

    private func encrypt(_ buffer: ByteBuffer, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        var buffer = buffer
        while buffer.readableBytes > 0 {
            ERR_clear_error()
            let count = buffer.readWithUnsafeReadableBytes { bytes in
                max(0, Int(SSL_write(connection, bytes.baseAddress, Int32(min(bytes.count, 1 << 20)))))
            }
            guard count > 0 else {
                promise?.fail(Fault())
                return fail(context)
            }
        }
        send(context, promise)
    }

    /// Hands what OpenSSL wants sent to the network; the promise is kept with it.
    private func send(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard let outgoing else { return promise?.fail(Fault()) ?? () }
        let count = BIO_ctrl_pending(outgoing)
        guard count > 0 else { return promise?.succeed() ?? () }
        var buffer = context.channel.allocator.buffer(capacity: count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            max(0, Int(BIO_read(outgoing, bytes.baseAddress, Int32(clamping: count))))
        }
        context.write(wrapOutboundOut(buffer), promise: promise)
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input, isEstablished, !hasFailed {
            // Says that nothing more is sent, so that a cut can be told from an end.
            ERR_clear_error()
            SSL_shutdown(connection)
            send(context, nil)
            context.flush()
        }
        context.close(mode: mode, promise: promise)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        giveUpWaiting()
        context.fireChannelInactive()
    }

    private func fail(_ context: ChannelHandlerContext) {
        guard !hasFailed else { return }
        hasFailed = true
        ERR_clear_error()
        // What went wrong is told to the other side, as far as OpenSSL has words for it.
        send(context, nil)
        context.flush()
        giveUpWaiting()
        context.close(promise: nil)
    }

    private func giveUpWaiting() {
        let queued = waiting
        waiting = []
        for (_, promise) in queued { promise?.fail(Fault()) }
    }
}
