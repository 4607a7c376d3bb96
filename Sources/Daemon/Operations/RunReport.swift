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
        data.sinceChosen = try sinceChosen(run, context)
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

    /// How the baseline, and what the run became, did on rows that came later; nil where none came.
    private static func sinceChosen(_ run: Run, _ context: StageContext) throws -> [VersionID: NewRowsFigure]? {
        let versions = Set([run.verdict?.baseline, run.version].compactMap(\.self))
        guard !versions.isEmpty else { return nil }
        let drops = try context.ledger.answeredDrops(run.pipeline, limit: PipelineOperations.rememberedDrops)
        let answers = Dictionary(grouping: drops.compactMap(\.answers), by: \.version).filter {
            versions.contains($0.key)
        }
        let figures = answers.compactMapValues { NewRowsFigure($0).map(PipelineOperations.bounded) }
        return figures.isEmpty ? nil : figures
    }
}
