import Nouns

/// The serving path, as a stage may use it.
package protocol ModelAnswers: Sendable {
    /// What a version answers greedily to each conversation, as anyone gets it who asks.
    ///
    /// Throws a Failure where it cannot answer, and CancellationError when the daemon stops.
    func answers(_ version: ModelVersion, to conversations: [[Message]], maxNewTokens: Int) async throws -> [String]
}
