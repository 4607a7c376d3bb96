import Foundation
import Nouns
import Platform
import Settings
import TransportSecurity

/// A socket of TCP, ready to be listened on.
package struct NetworkListener: Sendable {
    let socket: ListeningSocket
    let address: NetworkAddress
    let identity: TLSIdentity?

    /// Where, and how, for people.
    package var description: String { "\(address)\(identity == nil ? "" : " with TLS")" }

    /// Whether nobody can ask here who shows no token.
    package func needsTokens(_ settings: APISettings) -> Bool {
        !address.isLoopback || settings.isBehindProxy || settings.loopback == .none
    }

    /// Listens where the settings say, or on a socket that somebody else (systemd) made.
    ///
    /// Throws a Failure: `api.open` where other machines could reach it without TLS, `api.tls` for files that cannot
    /// be used, `api.listen` where the system does not let it.
    ///
    /// - Parameter adopted: a listening socket; owned from now on, and it outlives this daemon.
    /// - Returns: nil where nothing is to be offered over TCP.
    package init?(_ settings: APISettings, adopted: Int32?) throws {
        let wanted = settings.listen.flatMap { NetworkAddress($0) }
        guard let address = adopted.flatMap({ NetworkAddress(ofSocket: $0) }) ?? wanted else { return nil }
        guard address.isLoopback || settings.isBehindProxy || settings.certificate != nil else {
            throw Failure(
                code: "api.open", "Other machines can reach \(address), and what is sent there can be read on the way.",
                at: "\(address)", remedy: "Set api.certificate and api.key, or api.behind_proxy, in finetuned.toml.")
        }
        if let certificate = settings.certificate, let key = settings.key {
            identity = try TLSIdentity(certificate: certificate, key: key)
        } else {
            identity = nil
        }
        do {
            socket = try adopted.map { try ListeningSocket(adopting: $0) } ?? ListeningSocket(address: address)
        } catch let failure as FileFailure {
            throw Failure(
                code: "api.listen", "Nobody can be heard on \(address): \(failure.reason).", at: "api.listen",
                remedy: failure.number == EAFNOSUPPORT
                    ? """
                    The service has no network of its own: `systemctl enable --now finetuned-api.socket` listens for it.
                    """ : "Choose another address or port, or end the program that has it.")
        }
        self.address = address
    }
}
