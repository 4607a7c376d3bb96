import Foundation
import Platform

/// The signature of the Standard Webhooks specification (standardwebhooks.com), which OpenAI's and others' receivers
/// check:
/// `v1,` and base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`.
package enum WebhookSignature {
    /// The headers of one attempt, with a signature by each secret: `whsec_` and base64, or any text, which is then
    /// used as it is.
    package static func headers(
        id: String, timestamp: Int, body: Data, secrets: [String]
    ) -> [(name: String, value: String)] {
        var content = Data("\(id).\(timestamp).".utf8)
        content.append(body)
        let signatures = secrets.map { secret in
            "v1," + Data(SHA256.authenticationCode(of: content, key: key(secret))).base64EncodedString()
        }
        return [
            ("webhook-id", id), ("webhook-timestamp", String(timestamp)),
            ("webhook-signature", signatures.joined(separator: " ")),
        ]
    }

    private static func key(_ secret: String) -> Data {
        if secret.hasPrefix("whsec_"), let data = Data(base64Encoded: String(secret.dropFirst(6))) { return data }
        return Data(secret.utf8)
    }
}
