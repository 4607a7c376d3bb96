import Ledger
import Nouns
import StageKit

extension FrozenSettings {
    /// Whether a run that passes is served without being asked: its pipeline says so, and more than one person chose
    /// what it learns.
    package static func promotesItself(_ run: Run, _ context: StageContext) throws -> Bool {
        guard try of(run, context).promote == .auto else { return false }
        return try context.settings.pipeline(run.pipeline)?.feedback.singleRater == true
            || oneVoice(run, context) == nil
    }

    /// Who alone chose, by rating answers, all that made a run necessary; nil where nobody did.
    package static func oneVoice(_ run: Run, _ context: StageContext) throws -> String? {
        guard !run.drops.isEmpty else { return nil }
        var voices: Set<String> = []
        for drop in run.drops {
            guard let raters = try context.ledger.drop(drop)?.raters else { return nil }
            voices.formUnion(raters)
        }
        return voices.count == 1 ? voices.first : nil
    }
}
