import Foundation
import Nouns

/// A completion that is kept, with what people said of it; one file, and nothing of it lies anywhere else but the row
/// that may have been made of it.
package struct StoredCompletion: Codable, Hashable, Sendable {
    /// As its client knows it.
    package var id: String
    package var pipeline: PipelineName
    /// The version that answered; nil: the base.
    package var version: VersionID?
    /// Who asked.
    package var owner: String
    package var createdAt: Date
    /// The completion as it was sent, without its metadata.
    package var completion: JSONValue
    package var messages: [Message]
    /// Tools that could be called, as JSON text.
    package var tools: String?
    /// The first of its answers.
    package var answer: Message
    package var metadata: [String: String]
    /// One for each who rated it, in the order in which they came.
    package var ratings: [Rating] = []
    /// The drop with the row that was made of it; nil where there is none.
    package var drop: DropID?

    package init(
        id: String, pipeline: PipelineName, version: VersionID?, owner: String, createdAt: Date, completion: JSONValue,
        messages: [Message], tools: String?, answer: Message, metadata: [String: String]
    ) {
        (self.id, self.pipeline, self.version, self.owner) = (id, pipeline, version, owner)
        (self.createdAt, self.completion, self.messages) = (createdAt, completion, messages)
        (self.tools, self.answer, self.metadata) = (tools, answer, metadata)
    }
}
