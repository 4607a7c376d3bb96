import ControlProtocol
import Foundation
import Nouns
import Serving
import StageKit
import WorkerProtocol

extension WireJobs {
    /// The state of a job: of its run once it has one. A run that was judged has succeeded, whatever the verdict.
    func status(_ job: Job, _ run: Run?) -> JobStatus {
        switch job.state {
        case .failed: return .failed
        case .cancelled: return .cancelled
        case .waiting: return job.paused == nil ? .validating : .queued
        case .begun: break
        }
        guard let run, run.paused == nil else { return .queued }
        return switch run.state {
        case .queued: .queued
        case .training, .trained, .evaluating, .evaluated: .running
        case .accepted, .rejected, .inconclusive, .promoted, .delivered: .succeeded
        case .failed: .failed
        case .cancelled: .cancelled
        }
    }

    /// A job as OpenAI's clients read it.
    func answer(_ job: Job) throws -> JobObject {
        let run = try run(job)
        let status = status(job, run)
        let (method, used) = try numbers(job, run)
        // OpenAI's jobs have this one within their method alone.
        var usual = used
        usual.beta = nil
        var answer = JobObject(
            id: job.id.rawValue, createdAt: Self.seconds(job.createdAt), model: job.model, status: status.rawValue,
            trainingFile: job.training.id, seed: try seed(job, run),
            hyperparameters: usual, method: JobMethod(method, used), finetuned: try details(job, run))
        answer.validation_file = job.validation?.id
        answer.metadata = job.metadata
        if let run, status == .succeeded {
            answer.fine_tuned_model = try ServingNames(context).name(of: run)
            answer.result_files = try results(job, run)
        }
        if status.isOver { answer.finished_at = (run?.finishedAt ?? job.finishedAt).map(Self.seconds) }
        answer.trained_tokens = run?.training?.tokens
        if status == .running, run?.state == .training, let run {
            answer.estimated_finish = context.feed.estimatedEnd(of: run.id).map(Self.seconds)
        }
        if status == .failed { answer.error = (job.cause ?? run?.cause).map(Self.error) }
        return answer
    }

    /// The file of a job's results, which is made when it is first asked for; none where the run's files are gone
    /// before.
    private func results(_ job: Job, _ run: Run) throws -> [String] {
        let id = FileID(JobResults.id(of: job.id))
        if job.hasResults == true { return try context.ledger.keptFile(id.rawValue).map { [$0.id] } ?? [] }
        guard let table = JobResults.table(TrainingCurves(folder: context.layout.run(run.id))) else { return [] }
        let file = try files.keep(table, JobResults.name, id, job.owner)
        try context.ledger.change(job.id) { $0.hasResults = true }
        return [file.id]
    }

    /// How it learns, and the numbers of the run; what was asked for while there is no run.
    private func numbers(_ job: Job, _ run: Run?) throws -> (JobSettings.Method, JobHyperparameters) {
        let asked = job.settings
        var used = JobHyperparameters()
        if let epochs = run.map({ Int($0.recipe.epochs.rounded(.up)) }) ?? asked.epochs {
            used.n_epochs = .integer(Int64(epochs))
        }
        if let rows = run?.recipe.batchRows ?? asked.batchRows { used.batch_size = .integer(Int64(rows)) }
        if let multiplier = asked.rateMultiplier ?? (run == nil ? nil : 1) {
            used.learning_rate_multiplier = .number(multiplier)
        }
        let trainsPairs =
            try run.map { run in
                try run.recipe.trainsPairs && context.ledger.snapshot(run.snapshot)?.hasPairs == true
            } ?? false
        let method = asked.method ?? (trainsPairs ? .dpo : .supervised)
        if method == .dpo { used.beta = (run?.recipe.beta ?? asked.beta).map { .number($0) } ?? "auto" }
        return (method, used)
    }

    private func seed(_ job: Job, _ run: Run?) throws -> Int {
        let pipeline = context.settings.pipeline(job.pipeline)
        return Int(run?.recipe.seed ?? job.settings.seed ?? pipeline?.recipe.seed ?? Recipe().seed)
    }

    private func details(_ job: Job, _ run: Run?) throws -> JobDetails {
        var details = JobDetails(pipeline: job.pipeline.rawValue)
        details.paused_by = job.paused ?? run?.paused
        guard let run else { return details }
        details.run = run.id.rawValue
        details.version = run.version?.rawValue
        details.verdict = run.verdict?.outcome.rawValue
        details.gates = (run.verdict?.gates ?? []).map { gate in
            JobDetails.Gate(
                metric: gate.metric.rawValue, estimate: gate.difference ?? gate.candidate, low: gate.lowerBound,
                high: gate.upperBound, passed: gate.outcome == .pass)
        }
        if let version = run.version, let served = try context.ledger.served(run.pipeline), served.version == version {
            details.served_since = Self.seconds(served.since)
        }
        details.report = run.verdict == nil ? nil : "/v1/runs/\(run.id)/report"
        details.learning_rate = run.recipe.learningRate
        details.epochs = run.recipe.epochs
        return details
    }

    private static func error(_ failure: Failure) -> JobError {
        let text = [failure.message, failure.remedy ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
        let isOfFile = ["job.training_file", "job.validation_file"].contains(failure.code)
        return JobError(code: failure.code, message: text, param: isOfFile ? failure.place : nil)
    }

    static func seconds(_ time: Date) -> Int { Int(time.timeIntervalSince1970) }
}
