import Nouns

/// The one way to an answer, as operations use it.
package protocol ServingPath: Sendable {
    /// A whole answer. Throws a Failure.
    func answer(_ request: ServingRequest) async throws -> ServingAnswer
    /// Versions that somebody is being answered by, or waits for.
    var versionsInUse: Set<VersionID> { get }
}

extension ServingService: ServingPath {}
