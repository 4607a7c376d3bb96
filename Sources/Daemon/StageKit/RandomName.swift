import Foundation
import Platform

/// Names that nobody guesses and nobody has.
package enum RandomName {
    /// What the names of all that a request makes are made of, where the request may come again.
    @TaskLocal package static var seed: String?

    /// - Parameter prefix: such as `file-`.
    package static func new(_ prefix: String) -> String {
        let digits = (0..<2).map { _ in
            let text = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return prefix + digits.joined().prefix(24)
    }

    /// The name of the one thing with this prefix that a request makes: another for each request, and the same for one
    /// that comes again.
    package static func made(_ prefix: String) -> String {
        guard let seed else { return new(prefix) }
        return prefix + Digest.sha256(Data((prefix + seed).utf8)).prefix(24)
    }
}
