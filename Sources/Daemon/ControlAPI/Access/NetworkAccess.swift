import ControlProtocol
import Foundation
import HTTPTypes
import HummingbirdCore
import Nouns
import Platform
import Settings

/// What somebody who comes over TCP may do: by his token, or because he is on this machine.
struct NetworkAccess: Sendable {
    /// Where is listened.
    let address: NetworkAddress
    let settings: APISettings
    /// The one whom a token stands for.
    let token: @Sendable (String) throws -> Principal?

    /// Fields by which a proxy says that it passes on what somebody else asks.
    private static let passedOn = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].compactMap { HTTPField.Name($0) }

    /// Who sends a request.
    ///
    /// Throws a Failure: `request.host` for a name that is not the daemon's, `permission.origin` for a page of another
    /// site, `token.invalid`.
    func principal(of request: Request) throws -> Principal {
        let host = try host(of: request)
        try checkOrigin(request, host)
        if let principal = try BearerToken.principal(request, token) { return principal }
        let role = stranger(request)
        let name = role == .nobody ? "nobody" : "loopback"
        return Principal(owner: name, name: name, role: role)
    }

    /// The name that the daemon is asked by, without the port.
    ///
    /// A browser that a page of an attacker has look up an address of this machine for its own name sends that name:
    /// so names must be known, and addresses need not.
    private func host(of request: Request) throws -> String {
        let authority = request.head.authority ?? ""
        let name = Self.name(authority).lowercased()
        guard NetworkAddress.bytes(name) != nil || settings.hosts.contains(where: { $0.lowercased() == name }) else {
            throw Failure(
                code: "request.host", "The daemon is not asked by the name '\(authority)'.", at: "Host",
                remedy: "Ask by its address, or have an administrator add the name to api.hosts of finetuned.toml.")
        }
        return name
    }

    /// Throws a Failure where a page of another site asks: there is no sharing between sites (CORS).
    private func checkOrigin(_ request: Request, _ host: String) throws {
        guard let name = HTTPField.Name("Origin"), let origin = request.headers[name] else { return }
        let place = origin.split(separator: "/", omittingEmptySubsequences: true).last.map(String.init) ?? ""
        guard Self.name(place).lowercased() == host else {
            throw Failure(
                code: "permission.origin", "Pages of other sites may not ask the daemon.", at: "Origin",
                remedy: "Ask from a program, or from a server of your own.")
        }
    }

    /// `example.org:80` and `[::1]:80` without the port.
    private static func name(_ authority: String) -> String {
        guard let colon = authority.lastIndex(of: ":"), authority.last != "]",
            authority[authority.index(after: colon)...].allSatisfy(\.isNumber)
        else { return authority }
        return String(authority[..<colon])
    }

    /// What somebody may do who shows no token: nothing, unless nobody but this machine's accounts can come here.
    private func stranger(_ request: Request) -> Role {
        guard address.isLoopback, !settings.isBehindProxy,
            !Self.passedOn.contains(where: { request.headers[$0] != nil })
        else { return .nobody }
        return switch settings.loopback {
        case .none: .nobody
        case .read: .reader
        case .use: .user
        }
    }
}
