import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import Platform
import Settings
import StageKit
import Synchronization
import TestSupport
import Testing

@testable import ControlAPI

/// The API over TCP, with real connections.
struct NetworkListenerTests {
    /// Serves a scene on a port of this machine, and asks there.
    private func serve(
        _ scene: OperationsScene, change: (inout APISettings) -> Void = { _ in },
        _ body: (NetworkAddress) async throws -> Void
    ) async throws {
        var settings = APISettings()
        change(&settings)
        let descriptor = try Self.port()
        let address = try #require(NetworkAddress(ofSocket: descriptor))
        let network = try #require(try NetworkListener(settings, adopted: descriptor))
        let listening = Bell()
        let server = ControlServer(
            scene.operations, scene.wire,
            socket: ControlSocket(
                path: scene.sandbox.layout.socket, access: SocketAccess(isRooted: true), logger: scene.context.logger),
            network: network, api: settings, threads: AnswerThreads(), onListening: { listening.ring() },
            logger: scene.context.logger)
        let task = Task { try await server.run() }
        await listening.wait(atMost: .seconds(300))
        let outcome: Result<Void, any Error>
        do {
            try await body(address)
            outcome = .success(())
        } catch { outcome = .failure(error) }
        task.cancel()
        _ = await task.result
        try outcome.get()
    }

    /// A listening socket on a free port of this machine, as systemd passes one.
    private static func port() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 64) == 0)
        return descriptor
    }

    /// Connects, sends, and reads until the other side ends; nil where it does not let it.
    private func exchange(_ address: NetworkAddress, _ text: String) async throws -> String {
        try await OwnThread.run { _ in
            let connection = try Self.connect(address)
            defer { close(connection) }
            let bytes = Array(text.utf8)
            guard send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return "not sent" }
            var answer = Data()
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = recv(connection, &piece, piece.count, 0)
                guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
                answer.append(contentsOf: piece.prefix(count))
            }
        }
    }

    private static func connect(_ address: NetworkAddress) throws -> Int32 {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard address.withSocketAddress({ Glibc.connect(connection, $0, $1) }) == 0 else {
            throw FileFailure("connect to", "\(address)", errno: errno)
        }
        return connection
    }

    private func request(_ path: String, _ fields: String = "", method: String = "GET", host: String = "localhost")
        -> String
    {
        "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\(fields)\r\n"
    }

    @Test func thisMachineAsksWithoutATokenAndATokenDecides() async throws {
        let scene = try OperationsScene()
        let reader = try scene.operations.tokens.add(AddTokenRequest(name: "r", role: .reader), who: "root").token
        let admin = try scene.operations.tokens.add(AddTokenRequest(name: "a", role: .admin), who: "root").token
        try await serve(scene) { address in
            func ask(_ request: String) async throws -> String {
                String(try await exchange(address, request).prefix(12).suffix(3))
            }
            #expect(try await ask(request("/v1/status")) == "200")
            #expect(try await ask(request("/v1/transfers", method: "POST")) == "200")
            #expect(try await ask(request("/v1/garbage", method: "POST")) == "403")
            let show = { (token: String) in "Authorization: Bearer \(token)\r\n" }
            #expect(try await ask(request("/v1/transfers", show(reader), method: "POST")) == "403")
            #expect(try await ask(request("/v1/garbage", show(admin), method: "POST")) == "200")
            #expect(try await ask(request("/v1/status", show("ft-nonsense"))) == "401")
            _ = try scene.operations.tokens.remove("a", who: "root")
            #expect(try await ask(request("/v1/garbage", show(admin), method: "POST")) == "401")
            #expect(try await ask(request("/v1/status", host: "evil.example")) == "400")
            #expect(try await ask(request("/v1/status", "Origin: http://evil.example\r\n")) == "403")
            let shown = try await exchange(address, request("/v1/status"))
            #expect(!shown.lowercased().contains("access-control"))
        }
    }

    @Test func whoShowsNothingIsToldHow() async throws {
        try await serve(try OperationsScene(), change: { $0.loopback = .none }) { address in
            let refused = try await exchange(address, request("/v1/status"))
            #expect(refused.hasPrefix("HTTP/1.1 401"))
            #expect(refused.lowercased().contains("www-authenticate: bearer"))
            #expect(refused.contains("ftctl token add"))
            #expect(try await exchange(address, request("/healthz")).hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func aHeadThatIsTooLargeIs431() async throws {
        try await serve(try OperationsScene()) { address in
            let long = try await exchange(
                address, request("/v1/status", "X: \(String(repeating: "x", count: 20_000))\r\n"))
            #expect(long.hasPrefix("HTTP/1.1 431") && long.contains("request.head_too_large"), "\(long.prefix(200))")
            let many = (0..<150).map { "X-\($0): 1\r\n" }.joined()
            #expect(try await exchange(address, request("/v1/status", many)).hasPrefix("HTTP/1.1 431"))
            #expect(try await exchange(address, "nonsense\r\n\r\n").hasPrefix("HTTP/1.1 400"))
        }
    }

    /// A body that is too large is not waited for, also where none is read.
    @Test func aBodyThatIsTooLargeIs413AtOnce() async throws {
        try await serve(try OperationsScene()) { address in
            for (method, path) in [("GET", "/v1/status"), ("POST", "/v1/chat/completions")] {
                let head = request(path, "Content-Length: 99999999\r\n", method: method)
                let answer = try await exchange(address, head)
                #expect(answer.hasPrefix("HTTP/1.1 413"), "\(path): \(answer)")
            }
        }
    }

    /// However many are there, whether the daemon is there can be asked.
    @Test func atTheLimitHealthIsAnswered() async throws {
        try await serve(try OperationsScene(), change: { $0.connections = 16 }) { address in
            let held = try (0..<16).map { _ in try Self.connect(address) }
            defer { for connection in held { close(connection) } }
            // Connections are taken in their order.
            let status = try await exchange(address, request("/v1/status"))
            #expect(status.hasPrefix("HTTP/1.1 503") && status.contains("daemon.busy"), "\(status)")
            #expect(try await exchange(address, request("/healthz")).hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func nobodyHasMoreConnectionsThanHisShare() async throws {
        try await serve(try OperationsScene(), change: { $0.connectionsEach = 2 }) { address in
            let asking = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            var held: [Int32] = []
            defer { for connection in held { close(connection) } }
            for _ in 0..<2 {
                let connection = try Self.connect(address)
                held.append(connection)
                send(connection, asking, asking.utf8.count, Int32(MSG_NOSIGNAL))
                var answer = [UInt8](repeating: 0, count: 15)
                let count = try await OwnThread.run { [answer] _ in
                    var answer = answer
                    return recv(connection, &answer, answer.count, Int32(MSG_WAITALL))
                }
                answer.removeAll()
                #expect(count == 15)
            }
            let third = try await exchange(address, request("/v1/status"))
            #expect(third.hasPrefix("HTTP/1.1 503") && third.contains("loopback has 2 connections"), "\(third)")
        }
    }

    @Test func overTLSTheSameIsAnswered() async throws {
        let scene = try OperationsScene()
        let (certificate, key) = (scene.sandbox.root + "/cert.pem", scene.sandbox.root + "/key.pem")
        let (made, said) = try await ChildProgram.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
            ])
        #expect(made == .exited(0), "\(said)")
        try await serve(scene, change: { ($0.certificate, $0.key) = (certificate, key) }) { address in
            let (ending, answer) = try await ChildProgram.run(
                "/bin/sh",
                [
                    "-c",
                    "printf 'GET /v1/status HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | "
                        + "openssl s_client "
                        + "-quiet -ign_eof -verify_return_error -verify_hostname localhost -CAfile '\(certificate)' "
                        + "-connect '\(address)'",
                ])
            #expect(
                ending == .exited(0) && answer.contains("HTTP/1.1 200") && answer.contains("\"health\""), "\(answer)")
            // Whoever does not speak TLS is not answered.
            #expect(try await !exchange(address, request("/healthz")).contains("HTTP/1.1"))
        }
    }

    /// Whoever says nothing, or says it slowly, does not hold a connection.
    @Test func whoeverSaysNothingIsCut() async throws {
        let sandbox = try Sandbox()
        let listening = Bell()
        var door = ControlListener.Door.socket(SocketAccess(isRooted: true)) { _ in nil }
        (door.limits.head, door.limits.idle) = (.milliseconds(50), .milliseconds(50))
        let listener = ControlListener(
            door: door, count: ConnectionCount(limit: 10, each: 10), logger: .init(label: "test")
        ) { _, _ in ErrorAnswers.response(ErrorAnswers.tooManyConnections) }
        let path = sandbox.root + "/s"
        let task = Task { try await listener.run(ListeningSocket(path: path)) { listening.ring() } }
        await listening.wait(atMost: .seconds(300))
        for text in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"] {
            let end = try await OwnThread.run { _ in
                let connection = try UnixSocket.make()
                defer { close(connection) }
                try UnixSocket.connect(connection, to: path)
                send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL))
                var piece = [UInt8](repeating: 0, count: 1 << 12)
                while true {
                    let count = recv(connection, &piece, piece.count, 0)
                    if count <= 0 { return count }
                }
            }
            #expect(end == 0 || end == -1, "the daemon has ended it")
        }
        task.cancel()
        _ = await task.result
    }

    @Test func whatOthersCouldReadOnTheWayIsNotOffered() throws {
        func code(_ change: (inout APISettings) -> Void) -> String? {
            var settings = APISettings()
            change(&settings)
            do { return try NetworkListener(settings, adopted: nil) == nil ? "off" : nil } catch {
                return (error as? Failure)?.code
            }
        }
        #expect(code { _ in } == "off")
        #expect(code { $0.listen = "0.0.0.0:18443" } == "api.open")
        #expect(code { ($0.listen, $0.certificate, $0.key) = ("0.0.0.0:18443", "/nowhere", "/nowhere") } == "api.tls")
        #expect(
            code {
                $0.listen = "203.0.113.7:18443"; $0.isBehindProxy = true
            } == "api.listen")
    }
}
