import Foundation
import Nouns
import Settings
import TestSupport
import Testing

@testable import Delivery

/// What is sent to real servers of HTTPS, with certificates of all kinds.
struct HTTPSenderTests {
    let sandbox: Sandbox
    let event = DeliveryEvent(
        id: "evt_1", createdAt: 1, type: .promoted,
        data: .init(
            pipeline: "p", run: nil, version: nil, previous: nil, path: nil, who: "t", reason: "better"))

    init() async throws {
        sandbox = try Sandbox()
        let made = try await ChildProgram.run(
            "/bin/bash", [TestSupport.fixture("tls/certificates.sh"), sandbox.root])
        try #require(made.ending == .exited(0), "\(made.output)")
    }

    /// A server with one of the certificates, and its address.
    func server(_ certificate: String) async throws -> (program: ChildProgram, address: String) {
        let file = sandbox.root + "/" + certificate
        let program = try ChildProgram(
            "python3", [TestSupport.fixture("tls/server.py"), file + ".pem", file + ".key"],
            output: sandbox.root + "/server.log")
        try #require(
            try await TestSupport.eventually { program.output.hasPrefix("port ") && program.output.hasSuffix("\n") },
            "\(program.output)")
        let port = program.output.split(whereSeparator: \.isWhitespace).dropFirst().first
        return (program, "https://localhost:\(try #require(port))")
    }

    func post(
        _ address: String, authorities: String? = "authority.pem", seconds: Double = 30, mayBeLocal: Bool = true
    ) async throws -> Int {
        let sender = HTTPSender(authorities: authorities.map { sandbox.root + "/" + $0 })
        return try await sender.post(
            Data("text".utf8), to: address, headers: [("content-type", "text/plain")], seconds: seconds,
            mayBeLocal: mayBeLocal)
    }

    @Test func whereLibcurlIsMissingTheRemedyIsToInstallIt() async throws {
        let (program, address) = try await server("good")
        var sender = HTTPSender(authorities: sandbox.root + "/authority.pem")
        sender.library = "libcurl-that-nobody-installed.so.4"
        let failure = await #expect(throws: Failure.self) {
            try await sender.post(Data("text".utf8), to: address + "/200", headers: [], seconds: 30, mayBeLocal: true)
        }
        #expect(failure?.code == "webhook.library")
        #expect(failure?.remedy == "Install it: apt-get install libcurl4")
        #expect(failure?.cause?.contains("libcurl-that-nobody-installed.so.4") == true)
        // Once it is installed, the next one is sent.
        sender.library = HTTPSender().library
        #expect(
            try await sender.post(Data("text".utf8), to: address + "/200", headers: [], seconds: 30, mayBeLocal: true)
                == 200)
        #expect(program.output.split(separator: "\n").count == 2, "\(program.output)")
    }

    @Test func aServerThatTheAuthoritySignedForIsTold() async throws {
        let (program, address) = try await server("good")
        #expect(try await post(address + "/200") == 200)
        #expect(try await post(address + "/503") == 503)
        #expect(program.output.hasSuffix("\n/200 text/plain text\n/503 text/plain text\n"), "\(program.output)")
    }

    @Test(arguments: [
        ("expired", "authority.pem", "expired"), ("other", "authority.pem", "host name"), ("good", nil, "certificate"),
        ("good", "other.pem", "certificate"),
    ])
    func aServerThatIsNotProvenIsToldNothing(_ certificate: String, _ authorities: String?, _ reason: String)
        async throws
    {
        let (program, address) = try await server(certificate)
        let failure = await #expect(throws: Failure.self) {
            try await post(address + "/200", authorities: authorities)
        }
        #expect(failure?.code == "webhook.unreachable" && failure?.place == address + "/200")
        #expect(failure?.cause?.contains(reason) == true, "\(String(describing: failure))")
        #expect(!program.output.contains("/200"))
    }

    @Test func aRedirectIsNotFollowed() async throws {
        let (program, address) = try await server("good")
        #expect(try await post(address + "/307") == 307)
        #expect(!program.output.contains("/200"), "\(program.output)")
        let webhook = Webhook(sender: HTTPSender(authorities: sandbox.root + "/authority.pem"))
        var settings = DeliverySettings()
        settings.webhook = address.replacing("https://", with: "https://me:word@") + "/302#word"
        settings.webhookLocal = true
        // What may be a secret is not told.
        #expect(try await webhook.send(event, settings) == .later("\(address)/302 answered 302"))
    }

    /// A name says nothing of where it leads: each address that it stands for is looked at before it is connected to.
    @Test(arguments: ["localhost", "127.0.0.1", "127.1", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
    func thisMachineIsNotToldUnlessItMayBe(_ host: String) async throws {
        let (program, address) = try await server("good")
        let failure = await #expect(throws: Failure.self) {
            try await post(
                address.replacing("localhost", with: "me:word@\(host)") + "/200?key=word", mayBeLocal: false)
        }
        #expect(failure?.cause?.contains("webhook_local") == true, "\(String(describing: failure))")
        #expect(!"\(String(describing: failure))".contains("word"), "\(String(describing: failure))")
        #expect(!program.output.contains("/200"))
    }

    @Test func anAnswerWithoutEndIsAnAnswer() async throws {
        let (program, address) = try await server("good")
        #expect(try await post(address + "/endless", seconds: 60) == 200)
        withExtendedLifetime(program) {}
    }

    @Test func whoeverDoesNotAnswerIsNotWaitedForForEver() async throws {
        let (program, address) = try await server("good")
        let began = ContinuousClock.now
        let failure = await #expect(throws: Failure.self) { try await post(address + "/silent", seconds: 0.5) }
        #expect(failure?.cause?.contains("timed out") == true, "\(String(describing: failure))")
        #expect(ContinuousClock.now - began < .seconds(20))
        withExtendedLifetime(program) {}
    }

    @Test func cancellingEndsTheWait() async throws {
        let (program, address) = try await server("good")
        let began = ContinuousClock.now
        let task = Task { try await post(address + "/silent", seconds: 60) }
        #expect(try await TestSupport.eventually { program.output.contains("/silent") })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://localhost/x", "nonsense", "https://", "https://localhost:1/x", "http://a\0b/",
        "http://[::1", "",
    ])
    func whatIsNoAddressIsAFailure(_ address: String) async throws {
        let failure = await #expect(throws: Failure.self) { try await post(address) }
        #expect(failure?.code == "webhook.unreachable" && failure?.cause?.isEmpty == false)
        #expect(failure?.place == WebhookAddress.shown(address))
    }
}
