import ControlProtocol
import Foundation
import Nouns
import Serving
import StageKit
import WorkerProtocol

extension WireJobs {
    /// What a job had trained by the end of each epoch that is kept, the newest first. Throws a Failure: `job.unknown`,
    /// and `request.after` where the cursor is gone.
    package func checkpoints(_ id: JobID, _ query: JobCheckpointQuery, who: Principal) throws
        -> WirePage<JobCheckpointObject>
    {
        let job = try find(id, who)
        var found: [JobCheckpointObject] = []
        if let run = try run(job) {
            found = EpochRecord.all(in: context.layout.run(run.id)).reversed().map { record in
                var metrics = JobEventObject.Metrics(step: record.step)
                metrics.train_loss = record.trainLoss.isFinite ? record.trainLoss : nil
                metrics.full_valid_loss = record.validation.flatMap { $0.loss.isFinite ? $0.loss : nil }
                metrics.full_valid_mean_token_accuracy = record.validation?.tokenAccuracy
                return JobCheckpointObject(
                    job: id, createdAt: Int(record.time), metrics: metrics,
                    model: ServingNames.name(of: run, step: record.step))
            }
        }
        return try Self.page(found, after: query.after, limit: query.limit)
    }
}
