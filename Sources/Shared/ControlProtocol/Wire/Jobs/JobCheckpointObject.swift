import Nouns

/// What a job had trained by the end of an epoch, as OpenAI's clients read it.
package struct JobCheckpointObject: Codable, Hashable, Sendable, Identifiable {
    package var id: String
    package var object = "fine_tuning.job.checkpoint"
    package var created_at: Int
    package var fine_tuning_job_id: String
    package var step_number: Int
    package var metrics: JobEventObject.Metrics
    /// The name that it is asked by.
    package var fine_tuned_model_checkpoint: String

    package init(job: JobID, createdAt: Int, metrics: JobEventObject.Metrics, model: String) {
        id = "ftckpt_\(job.rawValue.dropFirst("ftjob-".count))_\(metrics.step)"
        created_at = createdAt
        fine_tuning_job_id = job.rawValue
        step_number = metrics.step
        self.metrics = metrics
        fine_tuned_model_checkpoint = model
    }
}
