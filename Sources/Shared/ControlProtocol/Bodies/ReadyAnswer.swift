import Nouns

/// Whether requests are answered, for whoever sends them on to a daemon.
///
/// It holds codes alone: the words of a fault may name paths and addresses, and `GET /v1/status` has them.
package struct ReadyAnswer: Codable, Hashable, Sendable {
    /// `ok`, or `degraded` where something is wrong that leaves other requests answered.
    package var status: String
    /// The codes of what is wrong, each once, in the order of the alphabet.
    package var reasons: [String]

    /// - Parameter problems: everything that is wrong now.
    package init(_ problems: [Failure]) {
        reasons = Self.codes(problems)
        status = problems.isEmpty ? "ok" : "degraded"
    }

    /// What a daemon answers, with status 503, that can answer no request for these reasons.
    package static func unready(_ problems: [Failure]) -> Failure {
        Failure(
            code: "daemon.unready", "The daemon can answer no request: \(codes(problems).joined(separator: ", ")).",
            remedy: "`ftctl status` says what is wrong and what to do.")
    }

    private static func codes(_ problems: [Failure]) -> [String] { Set(problems.map(\.code)).sorted() }
}
