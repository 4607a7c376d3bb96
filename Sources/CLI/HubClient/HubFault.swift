import Foundation
import Nouns

/// What a Hub answers instead of what was asked, in words.
enum HubFault {
    /// - Parameter address: the address that was asked first.
    static func failure(_ answer: Fetcher.Answer, at address: String, hasToken: Bool) -> Failure {
        let place = Fetcher.shown(address)
        let said = answer.first("x-error-message").map { String($0.prefix(200)) }
        let page = page(of: address)
        switch answer.head.status {
        case 401, 403:
            let closed = answer.first("x-error-code") == "GatedRepo" || answer.head.status == 403
            let ask = page.map { "Ask for access at \($0)" } ?? "Ask whoever runs the server for access"
            return Failure(
                code: "hub.access",
                closed ? "Access to it has to be asked for." : "There is no such repository, or it needs a token.",
                at: place,
                remedy: hasToken
                    ? "\(ask), with the account whose token this is; or check the name."
                    : "\(ask), then set HF_TOKEN or log in with `hf auth login`; or check the name.", cause: said)
        case 404, 410:
            return Failure(
                code: "hub.unknown", "There is no such repository, revision or file.", at: place,
                remedy: "Check the name\(page.map { ": \($0)" } ?? "").", cause: said)
        case 416:
            return Failure(
                code: "hub.changed", "The file is shorter than it was.", at: place, remedy: "Give the command again.")
        default:
            return Failure(
                code: "hub.answer", "The server answered \(answer.head.status).", at: place,
                remedy: "Check the address, or HF_ENDPOINT.", cause: said)
        }
    }

    /// The page of the repository that an address is of.
    static func page(of address: String) -> String? {
        let pattern =
            #/
            (https?://[^/]+(?:/[^/]+)*?)/(?:api/models/|api/(?=datasets/))?
            ((?:datasets/)?[^/]+/[^/]+)/(?:resolve|revision)/.*
            /#
        guard let match = address.wholeMatch(of: pattern) else { return nil }
        return "\(match.1)/\(match.2)"
    }
}
