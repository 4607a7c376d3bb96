import Nouns
import Platform

extension DaemonSettings {
    /// The keys of `[api]`.
    static let apiKeys: [SettingsKey<DaemonSettings>] = [
        .text(
            "api.listen", default: "none",
            """
            The address and port on which the API is offered over TCP, such as "127.0.0.1:8080", from the daemon's \
            next start on. One that other machines can reach needs `api.certificate` and `api.key`, or \
            `api.behind_proxy`.
            """,
            read: { $0.api.listen }
        ) {
            $0.api.listen = $1
            return NetworkAddress($1) == nil ? "an address of numbers with a port, such as \"127.0.0.1:8080\"" : nil
        },
        .text(
            "api.certificate", default: "none",
            "The file (PEM) of the certificate for TLS, with its chain; it is read again when it changes.",
            read: { $0.api.certificate }
        ) {
            $0.api.certificate = $1
            return $1.hasPrefix("/") ? nil : "an absolute path"
        },
        .text(
            "api.key", default: "none", "The file (PEM) of the certificate's key, without a passphrase.",
            read: { $0.api.key }
        ) {
            $0.api.key = $1
            return $1.hasPrefix("/") ? nil : "an absolute path"
        },
        .flag(
            "api.behind_proxy", \.api.isBehindProxy,
            "Whether a proxy of your own ends TLS and passes requests on: every request then needs a token."),
        .texts(
            "api.hosts", default: "[]",
            """
            The names by which the daemon is asked over TCP, beside addresses and localhost; a request with another is \
            refused.
            """,
            read: { $0.api.hosts }
        ) {
            $0.api.hosts = $1
            return $1.allSatisfy { !$0.isEmpty && !$0.contains(":") && !$0.contains("/") }
                ? nil : "a list of names without ports, such as [\"models.example.org\"]"
        },
        .text(
            "api.loopback", default: "\"use\"",
            """
            What every account of this machine may do without a token over a loopback address: `use` as a member of \
            group finetuned, `read`, or `none`.
            """,
            read: { $0.api.loopback.rawValue }
        ) {
            guard let loopback = APISettings.Loopback(rawValue: $1) else { return "use, read or none" }
            $0.api.loopback = loopback
            return nil
        },
        .whole(
            "api.connections", \.api.connections, in: 16...65_536,
            "Connections that may be open at once, of the control socket and of TCP together."),
        .whole(
            "api.connections_each", \.api.connectionsEach, in: 1...65_536,
            "Connections that one user or token may have open at once."),
    ]

    /// What is wrong with the values of `[api]` together.
    static func apiFaults(_ file: SettingsFile, _ api: APISettings) -> [Failure] {
        func fault(_ key: String, _ message: String, _ remedy: String) -> Failure {
            Failure(code: "settings.api", message, at: file.place(key), remedy: remedy)
        }
        if (api.certificate == nil) != (api.key == nil) {
            let (there, absent) = api.key == nil ? ("certificate", "key") : ("key", "certificate")
            return [fault("api.\(there)", "api.\(there) is set, and api.\(absent) is not.", "Set both, or none.")]
        }
        guard let listen = api.listen, let address = NetworkAddress(listen), !address.isLoopback,
            api.certificate == nil, !api.isBehindProxy
        else { return [] }
        return [
            fault(
                "api.listen", "Other machines can reach \(listen), and what is sent there can be read on the way.",
                """
                Set api.certificate and api.key for TLS, or api.behind_proxy = true where a proxy of yours does it, or \
                listen on 127.0.0.1.
                """)
        ]
    }
}
