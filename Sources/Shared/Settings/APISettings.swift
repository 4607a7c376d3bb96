/// How the API is offered over TCP, the table `[api]` of `finetuned.toml`, every default filled in.
package struct APISettings: Codable, Hashable, Sendable {
    /// What somebody on this machine may do who shows no token.
    package enum Loopback: String, Codable, CaseIterable, Sendable {
        case none
        case read
        case use
    }

    /// The address and port (nil: no TCP).
    package var listen: String?
    /// The files of the certificate with its chain and of its key, in PEM (nil: no TLS).
    package var certificate: String?
    package var key: String?
    /// Whether a proxy of one's own ends TLS and passes requests on.
    package var isBehindProxy = false
    /// Names by which the daemon is asked, beside addresses and `localhost`.
    package var hosts: [String] = []
    package var loopback = Loopback.use
    /// Connections of one user or token, and in all.
    package var connectionsEach = 256
    package var connections = 1024
    package init() {}
}
