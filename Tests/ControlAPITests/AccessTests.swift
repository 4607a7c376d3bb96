import ControlProtocol
import Foundation
import HTTPTypes
import Nouns
import OperationsScene
import Platform
import Testing

@testable import ControlAPI

/// Who may what: every cell of the table, and how the kernel's word becomes a role.
struct AccessTests {
    static let principals = [
        Principal(owner: "loopback", name: "nobody", role: .nobody),
        Principal(owner: "uid:2001", name: "rita", role: .reader),
        Principal(owner: "uid:2002", name: "uma", role: .user),
        Principal(owner: "uid:2003", name: "ada", role: .admin),
    ]

    /// A role may ask exactly where its cell says so: what it is answered else is a matter of the route.
    @Test(arguments: ControlAPITable.all.map(\.name))
    func everyCellOfTheTable(name: String) async throws {
        let endpoint = try #require(ControlAPITable.all.first { $0.name == name })
        let asked = try #require(RouteTests.cases.first { $0.endpoint == name })
        var ask = Ask(try RouteTests.scene())
        for principal in Self.principals {
            ask.principal = principal
            let reply = try await ask(asked.method, asked.path, asked.body)
            let code = reply.status < 400 ? "" : try reply.failure().code
            let isRefused = code.hasPrefix("permission.") || code.hasPrefix("token.") || code == "invalid_api_key"
            switch endpoint.access.cell(principal.role) {
            case "yes": #expect(!isRefused, "\(principal.role): \(reply.text)")
            // Nothing in the scene is anybody's: pipelines and its run are for the admins, other things there are none.
            case "own", "own pipeline":
                let isThere = asked.path.contains("/pipelines/") || asked.path.contains("/r-000001")
                #expect(isRefused == isThere, "\(reply.text)")
                if isThere { #expect(reply.status == 403 && reply.text.contains("finetuned-admin")) }
            default:
                #expect(isRefused && reply.status == (principal.role == .nobody ? 401 : 403), "\(reply.text)")
            }
        }
    }

    @Test func theTableSaysWhatWasMeant() {
        func rows(_ access: EndpointAccess) -> [String] { Role.allCases.map { access.cell($0) } }
        #expect(rows(.open) == ["yes", "yes", "yes", "yes"])
        #expect(rows(.read) == ["", "yes", "yes", "yes"])
        #expect(rows(.use) == ["", "", "yes", "yes"])
        #expect(rows(.own) == ["", "", "own", "yes"])
        #expect(rows(.ownPipeline) == ["", "", "own pipeline", "yes"])
        #expect(rows(.administer) == ["", "", "", "yes"])
        // An order that nobody thought about is for admins.
        #expect(EndpointAccess.usual(.get) == .read && EndpointAccess.usual(.delete) == .administer)
        let open = ControlAPITable.all.filter { $0.access == .open }.map(\.name)
        #expect(Set(open) == ["status.live", "status.ready", "status.openAPI"])
        for endpoint in ControlAPITable.all where endpoint.method != .get { #expect(endpoint.access.role >= .user) }
    }

    @Test func aRefusalNamesTheGroupAndTheCommand() async throws {
        var ask = Ask(try RouteTests.scene())
        ask.principal = Self.principals[2]
        let order = try await ask(.post, "/v1/garbage", "{}").failure()
        #expect(order.code == "permission.admin")
        #expect(order.message.contains("finetuned-admin"))
        #expect(order.remedy?.contains("usermod -aG finetuned-admin uma") == true)
        ask.principal = Self.principals[1]
        let upload = try await ask(.post, "/v1/transfers", "{}").failure()
        #expect(upload.code == "permission.user" && upload.remedy?.contains("usermod -aG finetuned rita") == true)
        ask.principal = Principal(owner: "token:t-1", name: "ci", role: .reader)
        #expect(try await ask(.post, "/v1/transfers", "{}").failure().remedy?.contains("ftctl token add") == true)
    }

    private func role(
        user: UInt32, _ groups: Set<UInt32>, isRooted: Bool = false, _ descent: Descent.Answer = .stranger
    ) -> Role {
        var access = SocketAccess(isRooted: isRooted)
        access.group = { ["finetuned": 500, "finetuned-admin": 501][$0] }
        access.name = { "u\($0)" }
        access.descent = { _ in descent }
        access.ownUser = 999
        return access.principal(SocketPeer(process: 7, user: user, groups: groups)).role
    }

    @Test func theKernelsWordBecomesARole() {
        #expect(role(user: 1000, [500, 100]) == .user)
        #expect(role(user: 1000, [501]) == .admin, "of the admins' group alone")
        #expect(role(user: 1000, [500, 501]) == .admin)
        #expect(role(user: 1000, [100]) == .reader, "let in by the socket's permissions alone")
        #expect(role(user: 0, []) == .admin)
        #expect(role(user: 999, [500]) == .user, "the daemon's account is nobody's")
        #expect(role(user: 999, [], isRooted: true) == .admin)
        #expect(SocketAccess(isRooted: true).principal(nil).role == .nobody)
    }

    @Test func whatTheDaemonStartedIsRefused() {
        #expect(role(user: 999, [500], .child(12)) == .nobody)
        #expect(role(user: 0, [], .child(12)) == .nobody)
        #expect(role(user: 999, [500], .unknown) == .nobody, "gone before it was looked at")
        #expect(role(user: 1000, [500], .unknown) == .user, "a stranger's process is hidden from the service")
    }
}
