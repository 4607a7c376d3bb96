import Foundation
import Nouns
import Platform

/// A token as it is shown once: `ft-`, what it is found by, and the secret.
package struct AccessToken: Sendable {
    package let id: String
    private let secret: String

    /// A new one, of 256 random bits.
    package init() {
        var random = SystemRandomNumberGenerator()
        id = Self.hex((0..<8).map { _ in UInt8.random(in: 0...255, using: &random) })
        secret = Self.hex((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    /// Reads one; nil where it cannot be any.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "ft", parts[1].utf8.count == 16, parts[2].utf8.count == 64 else {
            return nil
        }
        (id, secret) = (String(parts[1]), String(parts[2]))
    }

    /// Whether a text is meant to be a token of ours.
    package static func isOurs(_ text: String) -> Bool { text.hasPrefix("ft-") }

    package var text: String { "ft-\(id)-\(secret)" }

    /// What is kept of it. The secret is as random as the digest is long, so that no slow hash is needed.
    package var digest: String { Digest.sha256(Data(secret.utf8)) }

    /// Whether it has a digest, in a time that does not tell where two differ.
    package func matches(_ digest: String) -> Bool {
        let (own, other) = (Array(self.digest.utf8), Array(digest.utf8))
        guard own.count == other.count else { return false }
        return zip(own, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
