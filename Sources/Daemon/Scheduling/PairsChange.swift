import Ledger
import Nouns
import Settings
import StageKit

/// What a pipeline is told before its first run that trains on rows of two answers as pairs, where earlier runs took
/// the preferred answers as ordinary ones.
struct PairsChange {
    /// For the run that it begins with.
    let note: String
    /// For the journal.
    let message: String

    /// Nil where nothing changes: the last run has told already, or there are no such rows.
    init?(_ pipeline: PipelineSettings, _ recipe: Recipe, _ snapshot: Snapshot, _ context: StageContext) throws {
        guard snapshot.hasPairs == true else { return nil }
        let runs = try context.ledger.runs(pipeline: pipeline.name, limit: 200)
        self.init(pipeline.name, recipe, last: runs.first { $0.purpose != .trial }?.recipe)
    }

    /// - Parameter last: the recipe of the pipeline's last run; nil where it never had one.
    init?(_ pipeline: PipelineName, _ recipe: Recipe, last: Recipe?) {
        guard recipe.trainsPairs, let last, last.preference == nil else { return nil }
        note = "auto: rows with a rejected answer are trained on as pairs from this run on"
        message = """
            The pipeline \(pipeline) has rows with a rejected answer. Until now their chosen answers were trained on \
            as ordinary answers; from the next run on each such row is trained on as a pair \
            (recipe.objective = "auto"). Set recipe.objective = "completion" to keep what it did.
            """
    }
}
