import ControlProtocol
import Nouns
import StageKit
import WorkerProtocol

/// Collects what the report of one run shows: the ledger's run, its training events, and the rows behind its figures.
enum RunReport {
    /// Rows a list shows.
    private static let rows = 20

    /// The data of the report; parts whose files are gone are left out.
    static func data(
        _ run: Run, _ context: StageContext, _ feedback: FeedbackOperations, _ sight: Sight
    ) throws -> ReportData {
        let run = try sight.told(run)
        var data = ReportData(run: run)
        let answered = run.drops.compactMap { id in
            (try? context.ledger.drop(id))?.answers.map { AnsweredDrop(drop: id, answers: $0) }
        }
        if !answered.isEmpty { data.newRows = answered }
        data.baseSource = (try? context.ledger.base(run.base))?.source
        data.feedback = run.version.flatMap { feedback.shares(run.pipeline)[$0] }
        let curves = TrainingCurves(folder: context.layout.run(run.id))
        data.steps = curves.steps
        data.validations = curves.validations
        guard let all = try? JudgedRows(run, context) else { return data }
        let judged = try all.seen(by: sight, in: run.pipeline)
        data.regressions = judged.examples(.regressions, limit: rows)
        data.fixes = judged.examples(.fixes, limit: rows)
        data.wrong = judged.examples(.wrong, limit: rows)
        data.worst = judged.examples(.worst, limit: rows)
        return data
    }
}
