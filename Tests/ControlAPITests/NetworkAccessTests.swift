import ControlProtocol
import HTTPTypes
import HummingbirdCore
import NIOCore
import Nouns
import Platform
import Settings
import Testing

@testable import ControlAPI

/// Who somebody is who comes over TCP.
struct NetworkAccessTests {
    private func ask(
        _ listen: String = "127.0.0.1:8080", _ fields: [String: String] = [:], host: String? = "127.0.0.1:8080",
        change: (inout APISettings) -> Void = { _ in }
    ) -> String {
        var settings = APISettings()
        change(&settings)
        guard let address = NetworkAddress(listen) else { return "no address" }
        let access = NetworkAccess(address: address, settings: settings) { text in
            text == "ft-good" ? Principal(owner: "token:1", name: "ci", role: .admin) : nil
        }
        var head = HTTPRequest(method: .get, scheme: nil, authority: host, path: "/v1/status")
        for (name, value) in fields { if let name = HTTPField.Name(name) { head.headerFields[name] = value } }
        let body = RequestBody(asyncSequence: AsyncStream<ByteBuffer> { $0.finish() })
        do {
            let principal = try access.principal(of: Request(head: head, body: body))
            return "\(principal.owner) \(principal.role)"
        } catch let failure as Failure { return failure.code } catch { return "\(error)" }
    }

    @Test func thisMachineNeedsNoToken() {
        #expect(ask() == "loopback user")
        #expect(ask("[::1]:8080", host: "[::1]:8080") == "loopback user")
        #expect(ask(host: "localhost") == "loopback user")
        #expect(ask { $0.loopback = .read } == "loopback reader")
        #expect(ask { $0.loopback = .none } == "nobody nobody")
        // OpenAI's clients always send a key.
        #expect(ask("127.0.0.1:8080", ["Authorization": "Bearer sk-none"]) == "loopback user")
    }

    @Test func whoeverComesFromElsewhereShowsAToken() {
        #expect(ask("0.0.0.0:8080", host: "10.0.0.1:8080") == "nobody nobody")
        #expect(ask("0.0.0.0:8080", ["Authorization": "Bearer sk-none"], host: "10.0.0.1") == "nobody nobody")
        #expect(ask("0.0.0.0:8080", ["Authorization": "Bearer ft-good"], host: "10.0.0.1") == "token:1 admin")
    }

    /// Behind a proxy everybody comes from this machine.
    @Test func whatAProxyPassesOnIsNotOfThisMachine() {
        #expect(ask { $0.isBehindProxy = true } == "nobody nobody")
        for field in ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"] {
            #expect(ask("127.0.0.1:8080", [field: "10.0.0.1"]) == "nobody nobody")
        }
        #expect(ask("127.0.0.1:8080", ["Via": "1.1 x", "Authorization": "Bearer ft-good"]) == "token:1 admin")
    }

    @Test func aTokenDecidesWhereverItIsShown() {
        #expect(ask("127.0.0.1:8080", ["Authorization": "Bearer ft-good"]) == "token:1 admin")
        #expect(ask("127.0.0.1:8080", ["Authorization": "bearer  ft-good "]) == "token:1 admin")
        #expect(ask("127.0.0.1:8080", ["Authorization": "Bearer ft-bad"]) == "token.invalid")
        #expect(ask("127.0.0.1:8080", ["Authorization": "Basic ft-good"]) == "loopback user")
    }

    /// A page of an attacker may have its own name lead to this machine.
    @Test func namesMustBeKnown() {
        for host in [nil, "", "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example"] {
            #expect(ask(host: host) == "request.host", "\(host ?? "none")")
        }
        #expect(ask(host: "models.example.org:443") { $0.hosts = ["Models.example.org"] } == "loopback user")
    }

    @Test func pagesOfOtherSitesMayNotAsk() {
        for origin in ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost:8080"] {
            #expect(ask("127.0.0.1:8080", ["Origin": origin]) == "permission.origin", "\(origin)")
        }
        #expect(ask("127.0.0.1:8080", ["Origin": "http://127.0.0.1:8080"]) == "loopback user")
    }
}
