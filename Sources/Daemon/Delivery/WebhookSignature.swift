import Foundation
import Platform

/// The signature of the Standard Webhooks specification (standardwebhooks.com), which OpenAI's and others' receivers
/// check:
/// `v1,` and base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`.
package enum WebhookSignature {
    /// The headers of one attempt; `secret` is `whsec_` and base64, or any text, which is then used as it is.
    package static func headers(
        id: String, timestamp: Int, body: Data, secret: String
    ) -> [(name: String, value: String)] {
        var content = Data("\(id).\(timestamp).".utf8)
        content.append(body)
        let code = SHA256.authenticationCode(of: content, key: key(secret))
        return [
            ("webhook-id", id), ("webhook-timestamp", String(timestamp)),
            ("webhook-signature", "v1," + Data(code).base64EncodedString()),
        ]
    }

    private static func key(_ secret: String) -> Data {
        if secret.hasPrefix("whsec_"), let data = Data(base64Encoded: String(secret.dropFirst(6))) { return data }
        return Data(secret.utf8)
    }
}
