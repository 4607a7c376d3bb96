import Foundation
import Nouns
import Settings

/// Sends one event to one address.
struct Webhook: Sendable {
    /// How an attempt went.
    enum Answer: Hashable {
        case told(String)
        case later(String)
        case refused(String)
    }

    let sender: HTTPSender

    /// Throws CancellationError alone.
    func send(_ event: DeliveryEvent, _ settings: DeliverySettings) async throws -> Answer {
        guard let address = settings.webhook else { return .told("no webhook is configured any more") }
        do {
            let body = try ContractCoding.encode(event)
            var headers = [
                (name: "content-type", value: "application/json"),
                (name: "user-agent", value: "finetuned/\(BuildVersion.text)"),
            ]
            if let file = settings.webhookSecretFile {
                guard
                    let secret = FileManager.default.contents(atPath: file).map({
                        String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
                    }),
                    !secret.isEmpty
                else { return .later("the secret in \(file) cannot be read: give the daemon's user access to it") }
                headers += WebhookSignature.headers(
                    id: event.id, timestamp: Int(Date().timeIntervalSince1970), body: body, secret: secret)
            }
            let status = try await sender.post(body, to: address, headers: headers, seconds: settings.hookSeconds)
            if (200..<300).contains(status) { return .told("\(status)") }
            return DeliveryRules.isRefusal(status)
                ? .refused("\(address) answered \(status)") : .later("\(address) answered \(status)")
        } catch let cancelled as CancellationError {
            throw cancelled
        } catch {
            return .later("\(error)")
        }
    }
}
