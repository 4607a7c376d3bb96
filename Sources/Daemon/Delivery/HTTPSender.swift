import CCurl
import Curl
import Foundation
import Nouns
import Platform
import Settings

/// Sends HTTP POSTs by the system's libcurl, which is opened at the first.
struct HTTPSender: Sendable {
    /// The file of the certificates that are trusted; nil for the system's.
    var authorities: String?
    /// The name that libcurl is opened by.
    var library = CurlLibrary.usualName

    /// The status of the answer, whatever it is: a redirect too is an answer, which is not followed.
    ///
    /// Throws a ``Failure`` where there was no answer in time, and CancellationError about a second after the task was
    /// cancelled.
    ///
    /// - Parameter mayBeLocal: whether the address may be this machine itself, or on its own link.
    func post(
        _ body: Data, to address: String, headers: [(name: String, value: String)], seconds: Double, mayBeLocal: Bool
    ) async throws -> Int {
        try Task.checkCancellation()
        try open()
        let post = try Post(body, address, headers, seconds, authorities, mayBeLocal)
        return try await withTaskCancellationHandler {
            try await OwnThread.run { isCancelled in
                do { return try post.send() } catch {
                    throw isCancelled() ? CancellationError() : error
                }
            }
        } onCancel: {
            post.cancel()
        }
    }

    private func open() throws {
        if let reason = CurlLibrary.open(library) {
            throw Failure(
                code: "webhook.library", "Webhooks need libcurl, which cannot be opened.",
                remedy: "Install it: apt-get install libcurl4", cause: reason)
        }
    }

    /// Of a text that C wrote.
    private static func text(_ bytes: [CChar]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// One POST in C's hands, sent by one thread and cancelled by any.
    private final class Post: Sendable {
        private let address: String
        nonisolated(unsafe) private let post: OpaquePointer

        init(
            _ body: Data, _ address: String, _ headers: [(name: String, value: String)], _ seconds: Double,
            _ authorities: String?, _ mayBeLocal: Bool
        ) throws {
            let lines = headers.map { "\($0.name): \($0.value)" }
            // C would take the text before it for the whole.
            if ([address] + lines).contains(where: { $0.utf8.contains(0) }) {
                throw Self.failure("it holds a NUL character", address)
            }
            let milliseconds = Int64(min(max(seconds, 0.001), 1e6) * 1000)
            let admits: (@convention(c) (UnsafePointer<sockaddr>?) -> Bool)? =
                mayBeLocal ? nil : { address in address.flatMap { NetworkAddress($0) }?.isLocal == false }
            guard let post = ft_post_new(address, Array(body), body.count, milliseconds, authorities, admits) else {
                throw Self.failure("there is no memory left", address)
            }
            for line in lines { ft_post_add_header(post, line) }
            self.address = address
            self.post = post
        }

        deinit { ft_post_free(post) }

        func send() throws -> Int {
            var reason = [CChar](repeating: 0, count: 256)
            let status = ft_post_send(post, &reason, reason.count)
            guard status != 0 else { throw Self.failure(HTTPSender.text(reason), address) }
            return Int(status)
        }

        func cancel() { ft_post_cancel(post) }

        private static func failure(_ reason: String, _ address: String) -> Failure {
            Failure(
                code: "webhook.unreachable", "The webhook cannot be reached.", at: WebhookAddress.shown(address),
                remedy: "Check delivery.webhook, and whether this computer reaches the receiver.", cause: reason)
        }
    }
}
