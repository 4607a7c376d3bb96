import Foundation
import Nouns

/// What somebody said of a completion, and what became of it.
package struct FeedbackEntry: Codable, Hashable, Sendable {
    package var completion: String
    package var pipeline: PipelineName
    /// The version that answered; nil: the base.
    package var version: VersionID?
    package var rating: FeedbackRequest.Rating
    package var correction: String?
    package var by: String
    package var note: String?
    package var at: Date
    /// The drop with the row that was made of it, and what became of that.
    package var drop: DropID?
    package var dropState: Drop.State?

    package init(
        completion: String, pipeline: PipelineName, version: VersionID?, rating: FeedbackRequest.Rating,
        correction: String?, by: String, note: String?, at: Date, drop: DropID?, dropState: Drop.State?
    ) {
        (self.completion, self.pipeline, self.version) = (completion, pipeline, version)
        (self.rating, self.correction, self.by, self.note, self.at) = (rating, correction, by, note, at)
        (self.drop, self.dropState) = (drop, dropState)
    }

    enum CodingKeys: String, CodingKey {
        case completion = "completion_id"
        case pipeline, version, rating, correction, by, note, at, drop
        case dropState = "drop_state"
    }
}
