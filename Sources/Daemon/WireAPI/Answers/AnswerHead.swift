import Foundation
import Serving
import StageKit

/// What every answer of a model says of itself; the same in each piece of a stream.
struct AnswerHead: Sendable {
    let id: String
    /// Seconds since 1970.
    let created: Int
    /// The version that answers.
    let model: String
    /// Tells apart what answers may differ by: the base and the version on it.
    let fingerprint: String

    /// - Parameter prefix: what the answer's name begins with, such as `chatcmpl-`.
    init(_ prefix: String, _ target: ServingTarget) {
        id = RandomName.new(prefix)
        created = Int(Date().timeIntervalSince1970)
        model = target.name
        let content = target.version?.rawValue ?? target.run?.rawValue ?? target.model.baseDigest
        fingerprint = "fp_" + content.drop { !$0.isHexDigit }.prefix(12)
    }
}
