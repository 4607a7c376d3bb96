import Foundation
import Judged
import Ledger
import Nouns
import Settings
import StageKit

/// How a job becomes a run: at once when its file is stored, whatever the triggers say.
extension SchedulingService {
    /// Queues the runs of jobs whose files are stored. One that cannot be queued fails, or waits for what passes, and
    /// holds up nothing else.
    func beginJobs(of configured: PipelineSettings) throws {
        for job in try context.ledger.waitingJobs(configured.name) {
            let owner = "job:\(job.id)"
            do {
                try begin(job, configured)
                context.problems.set(owner, nil)
            } catch is CancellationError {
                throw CancellationError()
            } catch let failure as Failure where !failure.isPassing {
                context.problems.set(owner, nil)
                try fail(job, failure)
            } catch {
                loop.report(error, owner, about: ["pipeline": "\(configured.name)", "job": "\(job.id)"])
            }
        }
    }

    private func fail(_ job: Job, _ failure: Failure) throws {
        try context.ledger.change(job.id) { $0.fail(failure, at: Date()) }
        forget(job)
        context.logger.error(
            "The job \(job.id) of \(job.pipeline) failed: \(failure)",
            metadata: ["pipeline": "\(job.pipeline)", "job": "\(job.id)", "event": "job.failed"])
    }

    /// Removes what the job waited with.
    private func forget(_ job: Job) { try? FileManager.default.removeItem(atPath: context.layout.job(job.id)) }

    private func begin(_ job: Job, _ configured: PipelineSettings) throws {
        guard let drop = try stored(job), try context.ledger.unindexedDrops(job.pipeline).isEmpty else { return }
        var pipeline = try context.effective(configured).settings
        pipeline.base = job.base
        try check(job, drop)
        let mode: Run.Mode
        if job.parent == nil {
            mode = .fromBase
        } else {
            mode = pipeline.incremental.mode == .fromBase ? .continued : pipeline.incremental.mode
        }
        let snapshot = try JobSnapshot(
            builder: SnapshotBuilder(context: context, pipeline: pipeline), job: job, drop: drop
        ).build(mode: mode, window: window(pipeline, learntBy: context.served(job.pipeline)))
        guard snapshot.rows[.train] ?? 0 > 0 else {
            throw JobFault.data(
                job.training, "None of its rows is left to train on: they choose, judge, or resemble rows that judge.",
                remedy: "Add rows, and make another job of it.")
        }
        let card = try context.requireBase(job.base)
        try requireEngine(pipeline.engine, at: configured.file)
        let frozen = try FrozenSettings.freeze(pipeline, context)
        var (recipe, notes) = SchedulingRules.recipe(pipeline, mode: mode, rows: snapshot.rows[.train] ?? 0)
        notes.merge(try context.effective(configured).notes) { first, _ in first }
        job.settings.apply(to: &recipe, notes: &notes)
        recipe = try context.prepared(recipe, card)
        let run = try context.ledger.begin(job.id, notes: kept(job, drop, snapshot)) { id in
            var run = Run(
                id: id, pipeline: job.pipeline, mode: mode, base: card.id, snapshot: snapshot.id, drops: [drop.id],
                parent: job.parent, recipe: recipe, priority: 100, createdAt: Date(), requestedBy: job.requestedBy)
            (run.settings, run.engine) = (frozen, pipeline.engine)
            if job.settings.epochs == nil { run.enough = EnoughRules.rule(pipeline, labels: snapshot.labels) }
            if recipe.learningRate == nil { run.rateMultiplier = job.settings.rateMultiplier }
            if !notes.isEmpty { run.notes = notes }
            return run
        }
        guard let run else { return }
        forget(job)
        activity.set(job.pipeline, "run \(run.id) is queued")
        context.begin(
            run, .queued("\(mode.rawValue), \(snapshot.rows[.train] ?? 0) training rows (the job \(job.id))"))
    }

    /// The drop that has the job's file, once it is stored; nil while it is not. Throws a Failure where it never will
    /// be.
    private func stored(_ job: Job) throws -> Drop? {
        guard job.paused == nil, let drop = try context.ledger.drop(job.drop) else { return nil }
        guard let original = try context.ledger.original(of: drop) else { throw withdrawn(job) }
        switch original.state {
        case .received, .validated, .duplicate: return nil
        case .stored: return original
        case .revoked: throw withdrawn(job)
        case .quarantined:
            let report = try report(original, job)
            throw JobFault.of(report, job.training, isTraining: true)
                ?? JobFault.data(job.training, original.note ?? "No row of it can be used.")
        }
    }

    private func withdrawn(_ job: Job) -> Failure {
        JobFault.data(job.training, "Its rows were withdrawn.", remedy: "Make a job of another file.")
    }

    private func report(_ drop: Drop, _ job: Job) throws -> IntakeReport {
        let path = context.layout.dropReport(drop.pipeline, drop.id)
        guard let data = FileManager.default.contents(atPath: path),
            let report = try? ContractCoding.decode(IntakeReport.self, from: data)
        else {
            throw Failure(
                code: "job.report", "What was found in \(job.training.name) cannot be read.", at: path,
                remedy: "Make another job of it.")
        }
        return report
    }

    /// Throws a Failure where the job cannot be had with what its file has.
    private func check(_ job: Job, _ drop: Drop) throws {
        let report = try report(drop, job)
        if let fault = JobFault.of(report, job.training, isTraining: true) { throw fault }
        let pairs = report.shapes?[RowShape.preference.rawValue] ?? 0
        if job.settings.method == .dpo, pairs < report.rowsRead {
            throw JobFault.data(
                job.training, "\(report.rowsRead - pairs) of its \(report.rowsRead) rows have no rejected answer.",
                remedy: "Give each row a preferred and a non-preferred output, or use the method 'supervised'.")
        }
        guard try context.ledger.rowCounts(job.pipeline)[.gate] ?? 0 > 0 else {
            throw JobFault.data(
                job.training, "None of its rows fell on the side that judges, so nothing could be judged.",
                remedy: "Add rows (with 50 this hardly happens), and make another job of it.")
        }
    }

    /// What the job tells of its rows.
    private func kept(_ job: Job, _ drop: Drop, _ snapshot: Snapshot) throws -> [Job.Note] {
        let sides = try context.ledger.fileSides(drop.id, in: job.pipeline).rows
        let (train, gate, validation) = (sides[.train] ?? 0, sides[.gate] ?? 0, sides[.validation] ?? 0)
        var notes = [
            Job.Note(
                """
                Validated: \(train + gate + validation) rows. \(gate) are kept for the gates and \(validation) on the \
                side that chooses, and are not trained on.
                """)
        ]
        if snapshot.rows[.validation] ?? 0 == 0 {
            notes.append(Job.Note("No rows choose among checkpoints, so the last one is taken.", level: .warn))
        }
        return notes
    }
}
