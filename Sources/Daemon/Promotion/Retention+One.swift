import Foundation
import Ledger
import Nouns
import StageKit

extension Retention {
    /// Removes the files of one version where nothing needs them, whatever the settings would let stay.
    ///
    /// Throws a Failure: `version.unknown`, or `version.in_use` saying what needs it.
    func remove(_ id: VersionID, who: String) throws {
        guard let version = try context.ledger.version(id) else {
            throw Failure(code: "version.unknown", "There is no version '\(id)'.", at: id.rawValue)
        }
        try ServingTurns.taken {
            let runs = try context.ledger.keptRuns(version.pipeline)
            let candidates = try candidates(version.pipeline, runs, sized: false)
            guard let index = candidates.firstIndex(where: { $0.version == id }) else { return }
            let isJudging = runs.contains { [.evaluating, .evaluated].contains($0.state) }
            let reason =
                RetentionRules.kept(candidates, nil, now: Date())[runs[index].id]
                ?? (isJudging ? "may be compared with a run that is being judged" : nil)
            if let reason {
                throw Failure(
                    code: "version.in_use", "The version \(id) stays: it \(reason).", at: id.rawValue,
                    remedy: "Remove it when that is over; `ftctl gc` tells what every version is kept for.")
            }
            var garbage = Garbage()
            clear(runs[index], candidates[index], &garbage)
            try carryOut(garbage)
        }
        context.logger.notice("\(who) removed the version \(id)", metadata: ["event": "disk.recovered"])
    }
}
