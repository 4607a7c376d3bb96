import Foundation
import Nouns

/// Asks addresses: follows redirects by its own rules, shows the token to its own host alone, waits as it is told, and
/// turns what is answered into sentences. For one thread at a time.
package final class Fetcher: Sendable {
    /// Most redirects of one request.
    private static let mostRedirects = 8
    /// Tries in a row that brought nothing, before it gives up.
    static let tries = 6
    /// Longest time in seconds that a server can have it wait at once.
    private static let longestWait = 900.0

    package let settings: HubSettings
    private let client: HTTPClient
    /// Says that it waits, and waits; throws where the wait was broken off.
    let wait: @Sendable (_ seconds: Double, _ why: String) throws -> Void

    /// - Parameter wait: waits so many seconds, for a reason that people may be told.
    package init(_ settings: HubSettings, wait: @escaping @Sendable (Double, String) throws -> Void) throws {
        self.settings = settings
        self.wait = wait
        client = try HTTPClient(authorities: settings.authorities, allowsHTTP: settings.allowsHTTP)
    }

    /// Makes requests give up within about a second; for any thread.
    package func cancel() { client.cancel() }

    /// One answer at the end of the redirects.
    struct Answer {
        /// The heads in order; those of redirects come first.
        var heads: [HTTPClient.Head]
        var end: HTTPClient.End
        /// The address that gave the last head.
        var address: String
        /// What of the body was no answer to the question, cut: the words of an error.
        var words = Data()
        var head: HTTPClient.Head { heads.last ?? HTTPClient.Head() }
        /// The first of the heads that has the field.
        func first(_ name: String) -> String? { heads.lazy.compactMap { $0[name] }.first }
    }

    /// Asks an address, once. The body of an answer with a status below 300 goes to `body`.
    ///
    /// - Parameter accept: looks at all heads before the body comes; throws what is wrong with them.
    func ask(
        _ address: String, headers: [String] = [], accept: @escaping ([HTTPClient.Head]) throws -> Void = { _ in },
        body: @escaping (UnsafeRawBufferPointer) throws -> Bool
    ) throws -> Answer {
        guard !settings.isOffline else { throw Self.offline(address) }
        var answer = Answer(heads: [], end: .whole, address: address)
        for _ in 0...Self.mostRedirects {
            let earlier = answer.heads
            var status = 0
            var words = Data()
            // As it is stored, so that its size is known.
            let usual = ["Accept-Encoding: identity", "User-Agent: ftctl"]
            let (head, end) = try client.get(
                answer.address, headers: usual + headers + credentials(for: answer.address)
            ) {
                status = $0.status
                if status < 300 { try accept(earlier + [$0]) }
                return true
            } body: { piece in
                if status < 300 { return try body(piece) }
                words += piece.prefix(max(0, (16 << 10) - words.count))
                return words.count < 16 << 10
            }
            answer.heads.append(head)
            answer.words = words
            answer.end = end
            if case .refused(let reason) = end { throw Self.refused(answer.address, reason) }
            guard [301, 302, 303, 307, 308].contains(head.status), let location = head["location"] else {
                return answer
            }
            answer.address = try next(location, from: answer.address)
        }
        throw Failure(
            code: "hub.redirect", "The address leads on and on: \(Self.mostRedirects) redirects, and no answer.",
            at: Self.shown(address), remedy: "Check the address, or HF_ENDPOINT.")
    }

    /// The token, for the endpoint's own host.
    private func credentials(for address: String) -> [String] {
        guard let token = settings.token, let origin = Origin(address), origin == Origin(settings.endpoint) else {
            return []
        }
        return ["Authorization: Bearer \(token)"]
    }

    private func next(_ location: String, from address: String) throws -> String {
        guard let base = URL(string: address), let url = URL(string: location, relativeTo: base)?.absoluteURL,
            Origin(url.absoluteString) != nil
        else {
            throw Failure(
                code: "hub.redirect", "The redirect leads to no address of the web.", at: Self.shown(address),
                remedy: "Check the address, or HF_ENDPOINT.")
        }
        guard url.scheme?.lowercased() == "https" || settings.allowsHTTP else {
            throw Failure(
                code: "hub.redirect", "The redirect leads to an address without TLS (\(url.host() ?? "")).",
                at: Self.shown(address), remedy: "Nothing was sent there. Use another mirror.")
        }
        return url.absoluteString
    }

    /// An address without what may be a secret: signatures stand in the query, names before the host.
    package static func shown(_ address: String) -> String {
        guard var parts = URLComponents(string: address) else { return "the address" }
        (parts.query, parts.fragment, parts.user, parts.password) = (nil, nil, nil, nil)
        return parts.string ?? "the address"
    }

    /// Waits before another try, as the answer says or longer from try to try.
    func pause(_ head: HTTPClient.Head, attempt: Int, _ why: String) throws {
        let told = Self.seconds(head["retry-after"], now: Date()) ?? Self.window(head["ratelimit"])
        let usual = min(30, 0.5 * Double(1 << min(attempt, 6)))
        try wait(min(max(told ?? usual, 0), Self.longestWait), why)
    }

    /// Of `Retry-After`: seconds, or a date.
    static func seconds(_ text: String?, now: Date) -> Double? {
        guard let text else { return nil }
        if let seconds = Double(text) { return seconds.isFinite ? seconds : nil }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text).map { max(0, $0.timeIntervalSince(now)) }
    }

    /// Of `RateLimit`, such as `"api";r=0;t=55`: the seconds until the window ends.
    private static func window(_ text: String?) -> Double? {
        text?.firstMatch(of: /;\s*t=([0-9]+)/).flatMap { Double($0.1) }
    }

    private static func offline(_ address: String) -> Failure {
        Failure(
            code: "hub.offline", "HF_HUB_OFFLINE is set, so that nothing is asked.", at: shown(address),
            remedy: "Unset it, or give a model that lies here: `ftctl base find` lists them.")
    }

    private static func refused(_ address: String, _ reason: String) -> Failure {
        Failure(
            code: "hub.refused", "The address cannot be asked safely.", at: shown(address),
            remedy: "Check the address and the certificates of this machine (SSL_CERT_FILE).", cause: reason)
    }
}
