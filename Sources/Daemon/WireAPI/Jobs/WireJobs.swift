import ControlProtocol
import Foundation
import Ledger
import Nouns
import StageKit
import Supervision

/// Fine-tuning jobs of OpenAI's API. A job is a run: this makes it, and says of its run what OpenAI's clients read.
///
/// A job is seen by who made it, and by admins; to others it does not exist.
package struct WireJobs: Sendable {
    let context: StageContext
    let supervision: SupervisionService
    let files: JobFiles

    /// Makes a job, and its pipeline where there is none of that name.
    ///
    /// Throws a Failure that names the field at fault; what is wrong with the file's rows fails the job later.
    package func create(_ new: NewJob, who: Principal) throws -> JobObject {
        let id = JobID(RandomName.made("ftjob-"))
        if let made = try context.ledger.job(id) { return try answer(made) }
        let training = try kept(new.trainingFile, "training_file", who)
        let validation = try new.validationFile.map { try kept($0, "validation_file", who) }
        let start = try JobStart(new.model, context, who: who)
        let pipeline = try JobPipelines(context: context).pipeline(for: start, suffix: new.suffix, who: who)
        let now = Date()
        let job = Job(
            id: id, owner: who.owner, pipeline: pipeline.name, createdAt: now, model: new.model,
            base: start.base, parent: start.parent, training: training, validation: validation,
            drop: DropID.new(at: now, random: .random(in: 0...UInt32.max)), settings: new.settings,
            metadata: new.metadata, requestedBy: who.name)
        try context.ledger.add(job)
        context.logger.notice(
            "\(who.name) made the job \(job.id) of \(training.name)",
            metadata: ["pipeline": "\(job.pipeline)", "job": "\(job.id)", "event": "job.made"])
        context.bells.intake.ring()
        return try answer(job)
    }

    /// Throws a Failure (`request.after`) where the cursor is gone.
    package func list(_ query: JobQuery, who: Principal) throws -> WirePage<JobObject> {
        let limit = min(query.limit, JobQuery.most)
        let found = try context.ledger.jobs(
            owner: who.role == .admin ? nil : who.owner, after: query.after, limit: limit + 1,
            where: { query.metadata.fits($0.metadata) })
        guard let found else {
            throw Failure(
                code: "request.after", "There is no job '\(query.after?.rawValue ?? "")' in this list.", at: "after",
                remedy: "Begin the list anew.")
        }
        return WirePage(try found.map(answer), limit: limit)
    }

    /// Throws a Failure (`job.unknown`).
    package func show(_ id: JobID, who: Principal) throws -> JobObject { try answer(find(id, who)) }

    /// Throws a Failure: `job.unknown`, and `job.transition` where it is over.
    package func cancel(_ id: JobID, who: Principal) throws -> JobObject {
        try order(id, who, "cancelled", { try supervision.cancel($0, by: who.name) }) {
            try $0.cancel(by: who.name, at: Date())
        }
    }

    /// Throws a Failure: `job.unknown`, and `job.transition` where it is over or paused.
    package func pause(_ id: JobID, who: Principal) throws -> JobObject {
        try order(id, who, "paused", { try supervision.pause($0, by: who.name) }) {
            try $0.pause(by: who.name, at: Date())
        }
    }

    /// Throws a Failure: `job.unknown`, and `job.transition` where it is over or not paused.
    package func resume(_ id: JobID, who: Principal) throws -> JobObject {
        let answer = try order(id, who, "resumed", { try supervision.resume($0, by: who.name) }) {
            try $0.resume(by: who.name, at: Date())
        }
        context.bells.scheduling.ring()
        return answer
    }

    /// Does something with a job's run, or with the job while it has none.
    private func order(
        _ id: JobID, _ who: Principal, _ done: String, _ onRun: (RunID) throws -> Run, onJob: (inout Job) throws -> Void
    ) throws -> JobObject {
        var job = try find(id, who)
        let status = try status(job, run(job))
        guard !status.isOver else {
            throw Failure(
                code: "job.transition", "The job \(id) is \(status.rawValue), so it cannot be \(done).",
                at: id.rawValue, remedy: "Make another job.")
        }
        if job.state == .waiting {
            do { return try answer(try context.ledger.change(id, onJob)) } catch let failure as Failure
                where failure.code == "job.transition"
            {
                // It may have become a run meanwhile.
                job = try find(id, who)
                guard job.run != nil else { throw failure }
            }
        }
        if let run = job.run { _ = try onRun(run) }
        return try answer(job)
    }

    func find(_ id: JobID, _ who: Principal) throws -> Job {
        guard let job = try context.ledger.job(id), who.owns(job.owner) else {
            throw Failure(
                code: "job.unknown", "There is no job '\(id)'.", at: id.rawValue,
                remedy: "List your jobs (GET /v1/fine_tuning/jobs) for those there are.")
        }
        return job
    }

    func run(_ job: Job) throws -> Run? { try job.run.flatMap { try context.ledger.run($0) } }

    /// A kept file that a field names. Throws a Failure (`request.value`) that names the field.
    private func kept(_ id: String, _ field: String, _ who: Principal) throws -> Job.File {
        do {
            let file = try files.find(FileID(id), who)
            guard file.purpose == "fine-tune" else {
                throw Failure(
                    code: "request.value", "The file '\(id)' was kept for '\(file.purpose)'.", at: field,
                    remedy: "Give a file of purpose 'fine-tune'.")
            }
            return Job.File(id: file.id, name: file.name, sha256: file.sha256, bytes: file.bytes)
        } catch let failure as Failure where failure.code == "file.unknown" {
            throw Failure(
                code: "request.value", failure.message, at: field,
                remedy: "Send the file with purpose 'fine-tune', and give its id.")
        }
    }
}
