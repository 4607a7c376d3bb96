import Platform
import TransportSecurity

extension ControlListener.Door {
    /// The Unix socket: the kernel says who connects. A token says more, where one is shown.
    static func socket(_ access: SocketAccess, _ token: @escaping TokenCheck) -> Self {
        Self(admit: { descriptor in
            let peer = SocketPeer(descriptor)
            // Names are looked up once, when somebody asks.
            let principal = Once { access.principal(peer) }
            return (
                { principal.value },
                { request in
                    let principal = principal.value
                    // What the daemon started is refused, whatever it shows.
                    guard principal.role != .nobody else { return principal }
                    return try BearerToken.principal(request, token) ?? principal
                }
            )
        })
    }

    /// TCP: whoever asks shows a token, or is on this machine.
    static func network(_ access: NetworkAccess, _ identity: TLSIdentity?) -> Self {
        Self(admit: { _ in (nil, { try access.principal(of: $0) }) }, limits: .network, identity: identity)
    }
}
