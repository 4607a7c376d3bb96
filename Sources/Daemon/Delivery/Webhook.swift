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
        let shown = WebhookAddress.shown(address)
        do {
            let body = try ContractCoding.encode(WebhookEvent(event))
            var headers = [
                (name: "content-type", value: "application/json"),
                (name: "user-agent", value: "finetuned/\(BuildVersion.text)"),
            ]
            let now = Date()
            var secrets: [String] = []
            for file in WebhookSecrets.files(settings, at: now) {
                guard let secret = WebhookSecrets.read(file) else {
                    return .later("the secret in \(file) cannot be read: give the daemon's user access to it")
                }
                secrets.append(secret)
            }
            if !secrets.isEmpty {
                headers += WebhookSignature.headers(
                    id: event.id, timestamp: Int(now.timeIntervalSince1970), body: body, secrets: secrets)
            }
            let status = try await sender.post(
                body, to: address, headers: headers, seconds: settings.hookSeconds, mayBeLocal: settings.webhookLocal)
            if (200..<300).contains(status) { return .told("\(status)") }
            return DeliveryRules.isRefusal(status)
                ? .refused("\(shown) answered \(status)") : .later("\(shown) answered \(status)")
        } catch let cancelled as CancellationError {
            throw cancelled
        } catch {
            return .later("\(error)")
        }
    }
}
