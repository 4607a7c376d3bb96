import Foundation
import Ledger
import Nouns
import StageKit

/// Where a pipeline stands in its stream of promotions.
package struct StreamState: Sendable {
    /// What the served version may not fall below.
    package var anchor: ModelVersion
    /// Whether that is what is served.
    package var isServed: Bool
    /// Promotions since it became the anchor.
    package var promotions: Int
    /// Whether a person promoted what is served against the verdict; it is then never taken back.
    package var isForced: Bool
    /// When what later rows spoke against was last taken back.
    package var lastTakenBack: Date?

    /// Who takes back.
    package static let daemon = "finetuned"

    /// The state of a pipeline; nil where the base alone is served.
    ///
    /// A rollback by a person or a canary makes what it serves the anchor. Where no anchor was kept yet, or its files
    /// are gone, it is what is served.
    package static func of(_ pipeline: PipelineName, _ context: StageContext) throws -> StreamState? {
        guard let served = try context.served(pipeline) else { return nil }
        let history = try context.ledger.history(pipeline, limit: Int.max)
        var (promotions, found) = (0, served.id)
        if let kept = try context.ledger.anchor(pipeline)?.version {
            for record in history {
                let isBack = record.kind == .rollback || record.kind == .canaryRollback
                if record.version == kept || isBack {
                    found = record.version ?? served.id
                    break
                }
                promotions += 1
            }
        }
        let anchor = try context.ledger.version(found) ?? served
        let isThere = FileManager.default.fileExists(atPath: context.layout.versionRecord(pipeline, anchor.id))
        let isServed = !isThere || anchor.id == served.id
        return StreamState(
            anchor: isServed ? served : anchor, isServed: isServed, promotions: isServed ? 0 : promotions,
            isForced: history.first { $0.version == served.id }?.kind == .forced,
            lastTakenBack: history.first { $0.kind == .rollback && $0.who == daemon }?.at)
    }
}
