import Nouns

/// Who may make jobs in a pipeline that jobs made.
package struct ShareAnswer: Codable, Hashable, Sendable {
    package var pipeline: PipelineName
    package var owner: String
    /// Everybody else who may.
    package var users: [String]
    package init(pipeline: PipelineName, owner: String, users: [String]) {
        self.pipeline = pipeline
        self.owner = owner
        self.users = users
    }
}
