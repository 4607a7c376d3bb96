import Foundation
import Ledger
import Nouns
import StageKit

/// Where a pipeline stands in its stream of promotions.
package struct StreamState: Sendable {
    /// What the served version may not fall below in one gate.
    package struct Standing: Sendable {
        package var anchor: ModelVersion
        /// Whether that is what is served.
        package var isServed: Bool
        /// Verdicts since it became the anchor that count: promotions, and models that were judged again in vain.
        package var promotions: Int
    }

    /// That of the primary metric.
    package var primary: Standing
    /// Those of other gates that have been judged.
    package var gates: [AnchoredGate: Standing]
    /// Whether a person promoted what is served against the verdict; it is then never taken back.
    package var isForced: Bool
    /// When what is served was promoted.
    package var since: Date?
    /// When what later rows spoke against was last taken back.
    package var lastTakenBack: Date?

    package var anchor: ModelVersion { primary.anchor }
    package var isServed: Bool { primary.isServed }
    package var promotions: Int { primary.promotions }

    /// Who takes back.
    package static let daemon = "finetuned"

    /// The state of a pipeline; nil where the base alone is served.
    ///
    /// A rollback by a person or a canary makes what it serves the anchor. Where no anchor was kept yet, or its files
    /// are gone, it is what is served.
    package static func of(_ pipeline: PipelineName, _ context: StageContext) throws -> StreamState? {
        guard let served = try context.served(pipeline) else { return nil }
        let history = try context.ledger.history(pipeline, limit: Int.max)
        let tries = try triesInVain(pipeline, context)
        func standing(_ kept: VersionID?, since: Date?) throws -> Standing {
            var (promotions, found) = (0, served.id)
            if let kept {
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
            let vain = since.map { since in tries.count { $0 > since } } ?? 0
            return Standing(
                anchor: isServed ? served : anchor, isServed: isServed, promotions: (isServed ? 0 : promotions) + vain)
        }
        let kept = try context.ledger.anchor(pipeline)
        let gates = try context.ledger.gateAnchors(pipeline).map { anchor in
            (anchor.gate, try standing(anchor.version, since: anchor.at))
        }
        return StreamState(
            primary: try standing(kept?.version, since: kept?.at),
            gates: Dictionary(gates, uniquingKeysWith: { first, _ in first }),
            isForced: history.first { $0.version == served.id }?.kind == .forced, since: history.first?.at,
            lastTakenBack: history.first { $0.kind == .rollback && $0.who == daemon }?.at)
    }

    /// The anchors other than what is served and the primary metric's, each once.
    package var others: [ModelVersion] {
        var found: [VersionID: ModelVersion] = [:]
        for standing in gates.values where !standing.isServed { found[standing.anchor.id] = standing.anchor }
        if !isServed { found[anchor.id] = nil }
        return found.values.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    /// When models were judged again that were not promoted for it.
    private static func triesInVain(_ pipeline: PipelineName, _ context: StageContext) throws -> [Date] {
        try context.ledger.runs(pipeline: pipeline, limit: 200).filter {
            $0.judgesAgain != nil && ($0.state == .inconclusive || $0.state == .rejected)
        }.compactMap { $0.verdict?.judgedAt }
    }
}
