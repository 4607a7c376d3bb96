import ControlProtocol
import Datasets
import Foundation
import Ledger
import Nouns
import StageKit
import Supervision

/// What people ask about dropped files and of them.
package struct DropOperations: Sendable {
    let context: StageContext
    let datasets: DatasetCatalogue
    let supervision: SupervisionService

    /// Drops, the newest first, without those of others' jobs. Throws a Failure (`pipeline.unknown`) where nothing
    /// was ever known of the pipeline.
    package func list(_ query: DropQuery, for who: Principal) throws -> [Drop] {
        try context.requireKnown(query.pipeline)
        guard who.role != .admin else {
            return try context.ledger.drops(pipeline: query.pipeline, limit: query.limit)
        }
        let hidden = try context.ledger.hidden(from: who.owner).drops
        let drops = try context.ledger.drops(pipeline: query.pipeline, limit: query.limit + hidden.count)
        return Array(drops.filter { !hidden.contains($0.id) }.prefix(query.limit))
    }

    /// What was read from a drop.
    ///
    /// Throws a Failure (`drop.unknown`) where there is no such drop, or no report of it yet.
    package func report(_ id: DropID) throws -> IntakeReport {
        guard let drop = try context.ledger.drop(id),
            let data = FileManager.default.contents(
                atPath: context.layout.dropReport(drop.pipeline, id))
        else {
            throw Failure(
                code: "drop.unknown", "There is no report of a drop '\(id)'.", at: id.rawValue,
                remedy: "See `ftctl drops`.")
        }
        var report = try ContractCoding.decode(IntakeReport.self, from: data)
        // It was written before its rows were compared with those of the dataset.
        report.rowsDuplicate = max(report.rowsDuplicate, drop.rowsDuplicate)
        return report
    }

    /// Withdraws a drop's rows, and cancels the runs that learn from them or are judged on them.
    package func revoke(_ id: DropID, _ request: RevokeRequest, who: String) throws -> RevokeAnswer {
        // Whatever still learns from the rows, or is judged on them, stops first: what it would give could not be
        // served.
        var cancelled: [RunID] = []
        for run in try datasets.openRuns(on: id) {
            do {
                _ = try supervision.cancel(run, by: "\(who), who revoked \(id)")
                cancelled.append(run)
            } catch let failure as Failure where failure.code == "run.transition" {
                // It ended meanwhile; its versions are named below.
                continue
            }
        }
        var answer = try datasets.revoke(id, request, who: who)
        answer.cancelled = cancelled
        return answer
    }
}
