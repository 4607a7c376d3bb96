import ControlProtocol
import Foundation
import Nouns
import WorkerProtocol

/// Something that happened to a job, with its place in the order of all that did.
struct JobHappening: Hashable, Sendable {
    /// What tells of it; what happened at one time is told in this order.
    enum Source: String, CaseIterable, Sendable {
        case job = "j"
        case run = "r"
        case worker = "w"
    }

    let source: Source
    /// Its number among those that the source tells.
    let index: Int
    let at: Date
    let level: Job.Note.Level
    let message: String
    let metrics: JobEventObject.Metrics?

    private var rank: Int { Source.allCases.firstIndex(of: source) ?? 0 }

    /// Whether it comes before another.
    func precedes(_ other: JobHappening) -> Bool { (at, rank, index) < (other.at, other.rank, other.index) }

    /// As OpenAI's clients read it.
    func object(of job: JobID) -> JobEventObject {
        JobEventObject(
            id: "ftevent-\(job.rawValue.dropFirst("ftjob-".count))-\(source.rawValue)\(index)",
            createdAt: Int(at.timeIntervalSince1970), level: level, message: message, data: metrics)
    }
}

extension JobHappening {
    /// What the job itself tells.
    static func of(_ job: Job) -> [JobHappening] {
        let made = Job.Note("Created fine-tuning job: \(job.id)", at: job.createdAt)
        return ([made] + job.notes).enumerated().map {
            JobHappening(
                source: .job, index: $0, at: $1.at, level: $1.level, message: $1.message, metrics: nil)
        }
    }

    /// What the states of its run tell.
    static func of(_ run: Run, _ transitions: [(state: RunState, at: Date, message: String?)]) -> [JobHappening] {
        transitions.enumerated().map { index, change in
            let told = change.message.map { ": \($0)" } ?? ""
            let text =
                switch change.state {
                case .queued where index == 0: "The run \(run.id) is queued"
                case .queued: "Queued again\(told)"
                case .training: "Fine-tuning job started"
                case .trained: "Trained, and is judged next\(told)"
                case .evaluating: "The gates' rows are being scored"
                case .evaluated: "Scored"
                case .accepted: "The job has successfully completed, and the gates accept its model\(told)"
                case .rejected: "The job has successfully completed, and the gates reject its model\(told)"
                case .inconclusive: "The job has successfully completed, and the gates cannot decide\(told)"
                case .promoted: "Its model is served\(told)"
                case .delivered: "Its model is delivered\(told)"
                case .failed: "The job failed\(told)"
                case .cancelled: "The job was cancelled\(told)"
                }
            let level: Job.Note.Level =
                switch change.state {
                case .failed: .error
                case .cancelled, .rejected, .inconclusive: .warn
                default: .info
                }
            return JobHappening(
                source: .run, index: index, at: change.at, level: level, message: text, metrics: nil)
        }
    }

    /// What a worker's events tell; nil for those that are not for people.
    ///
    /// - Parameter index: the event's number in its file.
    static func of(_ event: WorkerEvent, index: Int) -> JobHappening? {
        func happening(_ message: String, _ level: Job.Note.Level = .info, _ metrics: JobEventObject.Metrics? = nil)
            -> JobHappening
        {
            JobHappening(
                source: .worker, index: index, at: Date(timeIntervalSince1970: event.time), level: level,
                message: message, metrics: metrics)
        }
        if let step = event.step {
            var metrics = JobEventObject.Metrics(step: step.step)
            metrics.train_loss = step.loss.isFinite ? step.loss : nil
            return happening(
                String(format: "Step %d/%d: training loss=%.4f", step.step, step.steps, step.loss), .info, metrics)
        }
        if let validation = event.validation {
            var metrics = JobEventObject.Metrics(step: validation.step)
            metrics.full_valid_loss = validation.loss.isFinite ? validation.loss : nil
            metrics.full_valid_mean_token_accuracy = validation.tokenAccuracy
            return happening(
                String(
                    format: "Step %d: full validation loss=%.4f%@", validation.step, validation.loss,
                    validation.best ? ", the lowest so far" : ""), .info, metrics)
        }
        if let warning = event.warning { return happening(warning.description, .warn) }
        return nil
    }
}
