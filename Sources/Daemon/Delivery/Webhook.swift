import AsyncHTTPClient
import Foundation
import NIOCore
import Nouns
import Settings

/// Sends one event to one address.
struct Webhook: Sendable {
    /// How an attempt went.
    enum Answer {
        case told(String)
        case later(String)
        case refused(String)
    }

    let client: HTTPClient

    func send(_ event: DeliveryEvent, _ settings: DeliverySettings) async -> Answer {
        guard let address = settings.webhook else { return .told("no webhook is configured any more") }
        do {
            let body = try ContractCoding.encode(event)
            var request = HTTPClientRequest(url: address)
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/json")
            request.headers.add(name: "user-agent", value: "finetuned/\(BuildVersion.text)")
            if let file = settings.webhookSecretFile {
                guard
                    let secret = FileManager.default.contents(atPath: file).map({
                        String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
                    }),
                    !secret.isEmpty
                else { return .later("the secret in \(file) cannot be read: give the daemon's user access to it") }
                for (name, value) in WebhookSignature.headers(
                    id: event.id, timestamp: Int(Date().timeIntervalSince1970), body: body, secret: secret)
                {
                    request.headers.add(name: name, value: value)
                }
            }
            request.body = .bytes(ByteBuffer(bytes: body))
            let response = try await client.execute(request, timeout: .nanoseconds(Int64(settings.hookSeconds * 1e9)))
            let status = Int(response.status.code)
            if (200..<300).contains(status) { return .told("\(status)") }
            return DeliveryRules.isRefusal(status)
                ? .refused("\(address) answered \(status)") : .later("\(address) answered \(status)")
        } catch {
            return .later("\(address) cannot be reached: \(error)")
        }
    }
}
