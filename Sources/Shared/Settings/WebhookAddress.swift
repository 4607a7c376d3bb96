import Foundation
import Nouns
import Platform

/// The address that events are sent to, as a person wrote it.
///
/// What stands before an `@` and behind a `?` may be a secret, so neither is ever shown.
package struct WebhookAddress: Hashable, Sendable {
    /// The whole address, for the request alone.
    package let text: String
    /// The host, in lower case; one of IPv6 without its brackets.
    package let host: String
    private let scheme: String
    private let place: String
    private let hasSecrets: Bool

    /// What an address has to be.
    static let shape = "an http:// or https:// address with a host"

    /// Nil where it is no address of HTTP.
    package init?(_ text: String) {
        // Foundation and libcurl read the same only of what is plain.
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.percentEncodedHost, !host.isEmpty,
            host.wholeMatch(of: /[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]/) != nil,
            parts.port.map({ (1...65_535).contains($0) }) ?? true
        else { return nil }
        self.text = text
        self.scheme = scheme
        self.host = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).lowercased()
        place = host + (parts.port.map { ":\($0)" } ?? "") + parts.percentEncodedPath
        hasSecrets = parts.user != nil || parts.password != nil || parts.query != nil || parts.fragment != nil
    }

    /// For people: without user, password, query and fragment.
    package var shown: String { "\(scheme)://\(place)" }

    /// Whether ``shown`` leaves something out.
    package var isShownInPart: Bool { hasSecrets }

    /// Any text that was meant to be an address, for people: its scheme alone where it is none.
    package static func shown(_ text: String) -> String {
        if let address = WebhookAddress(text) { return address.shown }
        let scheme = text.prefix { $0.isASCII && $0.isLetter }
        return text.dropFirst(scheme.count).hasPrefix("://") ? "\(scheme)://…" : "…"
    }

    /// Whether its host is this machine or on this machine's own link, as far as its name tells.
    package var isLocal: Bool {
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        return name == "localhost" || name.hasSuffix(".localhost") || NetworkAddress(host: name)?.isLocal == true
    }
}

extension SettingsFolder {
    /// What is wrong with where a pipeline's events are sent.
    static func webhook(_ file: SettingsFile, _ settings: PipelineSettings) -> [Failure] {
        guard let text = settings.delivery.webhook, let address = WebhookAddress(text), address.isLocal,
            !settings.delivery.webhookLocal
        else { return [] }
        return [
            Failure(
                code: "settings.value",
                "delivery.webhook is \(address.shown), which is this machine itself or its own link.",
                at: file.place("delivery.webhook"),
                remedy: "Name the receiver; where it runs on this machine, add webhook_local = true to [delivery].")
        ]
    }
}
