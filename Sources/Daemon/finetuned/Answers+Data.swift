import ControlAPI
import Datasets
import Foundation
import Nouns
import StageKit

extension Answers {
    /// Joins what is asked about data to the Datasets stage.
    var dataOperations: DataOperations {
        let catalogue = datasets
        return DataOperations(
            list: catalogue.list, report: catalogue.report, removed: catalogue.removed, show: catalogue.show,
            difference: catalogue.difference,
            lineage: catalogue.lineage, export: { RowExport.lines(try catalogue.files($0, split: $1)) },
            revoke: { id, request, who in
                // Whatever still learns from the rows, or is judged on them, stops first: what it would give could not
                // be served.
                var cancelled: [RunID] = []
                for run in try catalogue.openRuns(on: id) {
                    do {
                        _ = try supervision.cancel(run, by: "\(who), who revoked \(id)")
                        cancelled.append(run)
                    } catch let failure as Failure where failure.code == "run.transition" {
                        // It ended meanwhile; its versions are named below.
                        continue
                    }
                }
                var answer = try catalogue.revoke(id, request, who: who)
                answer.cancelled = cancelled
                return answer
            })
    }
}
