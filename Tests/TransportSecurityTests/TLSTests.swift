import CLibssl
import Foundation
import NIOCore
import NIOEmbedded
import Nouns
import TestSupport
import Testing

@testable import TransportSecurity

/// TLS between OpenSSL's client and the handler, in memory.
struct TLSTests {
    /// A certificate of its own and its key.
    struct Files {
        let sandbox: Sandbox
        var certificate: String { sandbox.root + "/cert.pem" }
        var key: String { sandbox.root + "/key.pem" }

        init(_ name: String = "localhost") async throws {
            sandbox = try Sandbox()
            try await make(name)
        }

        func make(_ name: String) async throws {
            let (ending, output) = try await ChildProgram.run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=\(name)", "-keyout", key, "-out", certificate,
                ])
            #expect(ending == .exited(0), "\(output)")
        }
    }

    /// OpenSSL's client; bytes go by hand.
    final class Client {
        let context = SSL_CTX_new(TLS_client_method())
        let connection: OpaquePointer?
        private let (incoming, outgoing) = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))

        init(latest: Int32 = TLS1_3_VERSION) {
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, 0, nil)
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(latest), nil)
            connection = SSL_new(context)
            SSL_set_bio(connection, incoming, outgoing)
            SSL_set_connect_state(connection)
        }

        deinit {
            SSL_free(connection)
            SSL_CTX_free(context)
        }

        /// Moves bytes both ways until nobody has any; whether the handshake is done.
        @discardableResult
        func talk(_ channel: EmbeddedChannel) throws -> Bool {
            var isQuiet = false
            while !isQuiet {
                isQuiet = true
                SSL_do_handshake(connection)
                let count = BIO_ctrl_pending(outgoing)
                if count > 0 {
                    var bytes = [UInt8](repeating: 0, count: count)
                    BIO_read(outgoing, &bytes, Int32(count))
                    try channel.writeInbound(ByteBuffer(bytes: bytes))
                    isQuiet = false
                }
                while let sent = try channel.readOutbound(as: ByteBuffer.self) {
                    let bytes = Array(sent.readableBytesView)
                    BIO_write(incoming, bytes, Int32(bytes.count))
                    isQuiet = false
                }
            }
            return SSL_is_init_finished(connection) == 1
        }

        func write(_ text: String) {
            _ = Array(text.utf8).withUnsafeBytes { SSL_write(connection, $0.baseAddress, Int32($0.count)) }
        }

        func read() -> String {
            var all: [UInt8] = []
            var bytes = [UInt8](repeating: 0, count: 1 << 14)
            while true {
                let count = SSL_read(connection, &bytes, Int32(bytes.count))
                guard count > 0 else { return String(decoding: all, as: UTF8.self) }
                all += bytes.prefix(Int(count))
            }
        }
    }

    private func channel(_ files: Files) throws -> EmbeddedChannel {
        let identity = try TLSIdentity(certificate: files.certificate, key: files.key)
        return EmbeddedChannel(handler: TLSHandler(identity.context { _ in }))
    }

    private func write(_ text: String, _ channel: EmbeddedChannel) -> EventLoopFuture<Void> {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        channel.writeAndFlush(ByteBuffer(string: text), promise: promise)
        return promise.futureResult
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func bytesGoBothWays(version: Int32) async throws {
        let channel = try channel(try await Files())
        let client = Client(latest: version)
        #expect(try client.talk(channel))
        client.write("GET / HTTP/1.1\r\n")
        try client.talk(channel)
        #expect(try channel.readInbound(as: ByteBuffer.self).map { String(buffer: $0) } == "GET / HTTP/1.1\r\n")
        let long = String(repeating: "0123456789", count: 100_000)
        try channel.writeOutbound(ByteBuffer(string: long))
        try client.talk(channel)
        #expect(client.read() == long)
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    /// What is written before the handshake is done is sent after it, and nothing goes unsecured.
    @Test func nothingIsSentUnsecured() async throws {
        let channel = try channel(try await Files())
        let sent = write("secret", channel)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        let client = Client()
        try client.talk(channel)
        #expect(client.read() == "secret")
        try await sent.get()
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{16}\u{3}\u{1}\u{FF}", String(repeating: "x", count: 70_000),
    ])
    func whoDoesNotSpeakTLSIsCutAndNotHeard(text: String) async throws {
        let channel = try channel(try await Files())
        let waiting = write("never", channel)
        // Which of the two is refused depends on the text; none of them is heard.
        _ = try? channel.writeInbound(ByteBuffer(string: text))
        _ = try? channel.writeInbound(ByteBuffer(string: String(repeating: "y", count: 70_000)))
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        #expect(!channel.isActive)
        await #expect(throws: (any Error).self) { try await waiting.get() }
    }

    @Test func anOldVersionIsRefused() async throws {
        let channel = try channel(try await Files())
        #expect(try Client(latest: TLS1_1_VERSION).talk(channel) == false)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func theEndIsSaidSoThatACutIsNoEnd() async throws {
        let channel = try channel(try await Files())
        let client = Client()
        try client.talk(channel)
        channel.close(promise: nil)
        try client.talk(channel)
        _ = client.read()
        #expect(SSL_get_shutdown(client.connection) & SSL_RECEIVED_SHUTDOWN != 0)
    }

    @Test func filesThatCannotBeUsedAreNamed() async throws {
        let (files, others) = (try await Files(), try await Files("other"))
        func place(_ certificate: String, _ key: String) -> String? {
            do { _ = try TLSIdentity(certificate: certificate, key: key) } catch { return (error as? Failure)?.place }
            return nil
        }
        #expect(place(files.certificate, files.key) == nil)
        #expect(place("/nowhere", files.key) == "/nowhere")
        #expect(place(files.key, files.key) == files.key)
        #expect(place(files.certificate, others.key) == others.key)
        #expect(place(files.certificate, files.certificate) == files.certificate)
    }

    @Test func aNewCertificateIsTakenAndABrokenOneIsNot() async throws {
        let files = try await Files()
        let identity = try TLSIdentity(certificate: files.certificate, key: files.key)
        var faults = 0
        let first = identity.context { _ in faults += 1 }
        #expect(identity.context { _ in faults += 1 } === first)
        try await files.make("renewed")
        let second = identity.context { _ in faults += 1 }
        #expect(second !== first && faults == 0)
        try "broken".write(toFile: files.certificate, atomically: true, encoding: .utf8)
        #expect(identity.context { _ in faults += 1 } === second)
        #expect(identity.context { _ in faults += 1 } === second)
        #expect(faults == 1, "told once")
    }
}
