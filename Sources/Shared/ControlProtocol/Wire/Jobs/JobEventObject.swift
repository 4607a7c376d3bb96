import Nouns

/// Something that happened to a job, as OpenAI's clients read it.
package struct JobEventObject: Codable, Hashable, Sendable, Identifiable {
    /// What was measured at a step; what was not measured there is left out.
    package struct Metrics: Codable, Hashable, Sendable {
        package var step: Int
        package var train_loss: Double?
        package var full_valid_loss: Double?
        package var full_valid_mean_token_accuracy: Double?
        package init(step: Int) { self.step = step }
    }

    package var id: String
    package var object = "fine_tuning.job.event"
    package var created_at: Int
    /// `info`, `warn` or `error`.
    package var level: String
    package var message: String
    /// `message` or `metrics`.
    package var type: String
    @OrNull package var data: Metrics?

    package init(id: String, createdAt: Int, level: Job.Note.Level, message: String, data: Metrics? = nil) {
        self.id = id
        created_at = createdAt
        self.level = level.rawValue
        self.message = message
        type = data == nil ? "message" : "metrics"
        self.data = data
    }
}
