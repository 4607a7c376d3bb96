import Foundation
import Nouns

/// How people have the Hub set up, by the variables and files that its own clients read.
package struct HubSettings: Sendable {
    /// The Hub, or the mirror that `HF_ENDPOINT` names; without a slash at its end.
    package var endpoint: String
    /// What is shown to the endpoint and to nobody else.
    package var token: String?
    /// Whether nothing may be asked (`HF_HUB_OFFLINE`).
    package var isOffline: Bool
    /// The folder of the cache that the Hub's own clients write.
    package var cache: String
    /// The file of the certificates that are trusted (`SSL_CERT_FILE`); nil for the system's.
    package var authorities: String?

    package static let usualEndpoint = "https://huggingface.co"

    package init(
        endpoint: String = Self.usualEndpoint, token: String? = nil, isOffline: Bool = false, cache: String = "",
        authorities: String? = nil
    ) {
        self.endpoint = endpoint
        self.token = token
        self.isOffline = isOffline
        self.cache = cache
        self.authorities = authorities
    }

    /// Reads the environment. Throws a Failure (`hub.endpoint`) for an `HF_ENDPOINT` that is no address.
    package init(_ environment: [String: String], home: String) throws {
        func first(_ values: String?...) -> String? { values.lazy.compactMap { $0 }.first { !$0.isEmpty } }
        var endpoint = first(environment["HF_ENDPOINT"]) ?? Self.usualEndpoint
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        guard Origin(endpoint) != nil, endpoint.wholeMatch(of: /https?:\/\/[^\s?#]+/) != nil else {
            throw Failure(
                code: "hub.endpoint", "HF_ENDPOINT is '\(endpoint)', which is no address of a Hub.", at: "HF_ENDPOINT",
                remedy: "Give an address such as https://hf-mirror.com, or unset it.")
        }
        let caches = first(environment["XDG_CACHE_HOME"]) ?? home + "/.cache"
        let own = first(environment["HF_HOME"]).map { Self.expanded($0, home) } ?? caches + "/huggingface"
        self.endpoint = endpoint
        cache = Self.expanded(first(environment["HF_HUB_CACHE"]) ?? own + "/hub", home)
        let offline = (first(environment["HF_HUB_OFFLINE"]) ?? "").lowercased()
        isOffline = ["1", "on", "yes", "true"].contains(offline)
        authorities = first(environment["SSL_CERT_FILE"])
        token = Self.clean(first(environment["HF_TOKEN"]))
        if token == nil {
            let path = Self.expanded(first(environment["HF_TOKEN_PATH"]) ?? own + "/token", home)
            token = Self.clean(try? String(contentsOfFile: path, encoding: .utf8))
        }
    }

    /// The home folder of whoever runs the program, as the environment says, which the Hub's own programs go by.
    package static func home(_ environment: [String: String]) -> String {
        environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    }

    /// Whether `endpoint` is asked without TLS, because the person said so.
    package var allowsHTTP: Bool { endpoint.hasPrefix("http://") }

    private static func clean(_ text: String?) -> String? {
        let text = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        return text.isEmpty || text.contains { $0.isWhitespace } ? nil : text
    }

    private static func expanded(_ path: String, _ home: String) -> String {
        path == "~" ? home : path.hasPrefix("~/") ? home + path.dropFirst() : path
    }
}

/// Scheme, host and port of an address: what a token belongs to.
package struct Origin: Hashable, Sendable {
    package let scheme: String
    package let host: String
    package let port: Int

    /// Nil where it is no address of the web.
    package init?(_ address: String) {
        guard let parts = URLComponents(string: address), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.host?.lowercased(), !host.isEmpty
        else { return nil }
        self.scheme = scheme
        self.host = host
        port = parts.port ?? (scheme == "https" ? 443 : 80)
    }
}
