import CCurl
import Curl
import Foundation
import Nouns

/// HTTP GET by the system's libcurl, which is opened at the first request: one request at a time, on the caller's
/// thread, to whom the answer comes piece by piece. Follows no redirect.
package final class HTTPClient: @unchecked Sendable {
    /// The head of an answer.
    package struct Head: Sendable {
        package var status = 0
        /// By name in lower case.
        package var fields: [String: String] = [:]
        package subscript(_ name: String) -> String? { fields[name] }
    }

    /// How a request ended.
    package enum End: Hashable, Sendable {
        case whole
        /// Whoever took the answer had enough, or the client was cancelled.
        case stopped
        /// The connection broke, or there was none: another try may succeed.
        case broken(String)
        /// Trying again changes nothing, such as with the certificate of another host.
        case refused(String)
    }

    // One thread at a time asks by it, as the class says; any may cancel.
    private let get: OpaquePointer

    /// - Parameters:
    ///   - authorities: the file of the certificates that are trusted; nil for the system's.
    ///   - allowsHTTP: whether addresses without TLS are asked.
    ///
    /// Throws a Failure (`client.library`) where there is no libcurl.
    package init(authorities: String?, allowsHTTP: Bool) throws {
        if let reason = CurlLibrary.open() {
            throw Failure(
                code: "client.library", "Fetching needs libcurl, which cannot be opened.",
                remedy: "Install it: apt-get install libcurl4", cause: reason)
        }
        guard let get = ft_get_new(authorities, allowsHTTP) else {
            throw Failure(code: "client.library", "There is no memory left.", remedy: "Close other programs.")
        }
        self.get = get
    }

    deinit { ft_get_free(get) }

    /// Makes requests give up within about a second; for any thread. It stays so.
    package func cancel() { ft_get_cancel(get) }

    /// Asks. `head` is called once, before `body`, which gets the pieces; either ends the request by giving false.
    /// Throws what they throw.
    ///
    /// - Parameter silence: seconds for which nothing may come.
    package func get(
        _ url: String, headers: [String] = [], silence: Int = 60, head: @escaping (Head) throws -> Bool = { _ in true },
        body: @escaping (UnsafeRawBufferPointer) throws -> Bool = { _ in true }
    ) throws -> (head: Head, end: End) {
        // C would take the text before it for the whole.
        guard !([url] + headers).contains(where: { $0.utf8.contains(0) || $0.contains("\r") || $0.contains("\n") })
        else { return (Head(), .refused("the address or a header holds a control character")) }
        let taker = Taker(head: head, body: body)
        let lines = headers.map { strdup($0) }
        defer { lines.forEach { free($0) } }
        let pointers = lines.map { UnsafePointer($0) }
        var end = ft_end_broken
        var reason = [CChar](repeating: 0, count: 256)
        _ = withExtendedLifetime(taker) {
            pointers.withUnsafeBufferPointer { lines in
                ft_get_perform(
                    get, url, lines.baseAddress, lines.count, Int32(silence), takeLine, takePiece,
                    Unmanaged.passUnretained(taker).toOpaque(), &end, &reason, reason.count)
            }
        }
        if let error = taker.error { throw error }
        let words = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let ended: End =
            switch end {
            case ft_end_whole: .whole
            case ft_end_stopped: .stopped
            case ft_end_refused: .refused(words)
            default: .broken(words)
            }
        return (taker.parsed, ended)
    }
}

/// What C calls with the lines and pieces of an answer.
private final class Taker {
    private let head: (HTTPClient.Head) throws -> Bool
    private let body: (UnsafeRawBufferPointer) throws -> Bool
    private(set) var parsed = HTTPClient.Head()
    private(set) var error: (any Error)?

    init(
        head: @escaping (HTTPClient.Head) throws -> Bool, body: @escaping (UnsafeRawBufferPointer) throws -> Bool
    ) {
        (self.head, self.body) = (head, body)
    }

    /// Takes a line; at the end of a head that is no interim one it is given on.
    func line(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if text.hasPrefix("HTTP/") {
            let words = text.split(separator: " ")
            parsed = HTTPClient.Head(status: words.count > 1 ? Int(words[1]) ?? 0 : 0)
        } else if let colon = text.firstIndex(of: ":") {
            let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            parsed.fields[text[..<colon].lowercased()] = value
        } else if text.isEmpty, parsed.status >= 200 {
            return noting { try head(parsed) }
        }
        return true
    }

    func piece(_ bytes: UnsafeRawBufferPointer) -> Bool { noting { try body(bytes) } }

    private func noting(_ body: () throws -> Bool) -> Bool {
        do { return try body() } catch {
            self.error = error
            return false
        }
    }
}

private let takeLine: ft_take = { context, bytes, count in
    guard let context else { return false }
    return Unmanaged<Taker>.fromOpaque(context).takeUnretainedValue().line(
        UnsafeRawBufferPointer(start: bytes, count: count))
}

private let takePiece: ft_take = { context, bytes, count in
    guard let context else { return false }
    return Unmanaged<Taker>.fromOpaque(context).takeUnretainedValue().piece(
        UnsafeRawBufferPointer(start: bytes, count: count))
}
