import Foundation
import GRDB
import Nouns

/// Table `gate_anchor`: what each pipeline's served version may not fall below in metrics beside the primary one.
extension Ledger {
    /// The anchors of a pipeline's gates, without that of the primary metric.
    package func gateAnchors(_ pipeline: PipelineName) throws -> [GateAnchor] {
        try read { db in
            try GRDB.Row.fetchAll(
                db,
                sql: "SELECT * FROM gate_anchor WHERE pipeline = ? ORDER BY metric, rows_of, slice",
                arguments: [pipeline.rawValue]
            ).map { row in
                let slice: String = row["slice"]
                return GateAnchor(
                    pipeline: pipeline,
                    gate: AnchoredGate(
                        MetricKey(row["metric"] as String), set: SetName(row["rows_of"] as String),
                        slice: slice.isEmpty ? nil : slice),
                    version: VersionID(row["version"] as String), reason: row["reason"],
                    at: Date(timeIntervalSince1970: row["at"]))
            }
        }
    }

    /// Keeps a gate's anchor in the place of the former one.
    package func keep(_ anchor: GateAnchor) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO gate_anchor (pipeline, metric, rows_of, slice, version, reason, at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    anchor.pipeline.rawValue, anchor.gate.metric.rawValue, anchor.gate.set.rawValue,
                    anchor.gate.slice ?? "", anchor.version.rawValue, anchor.reason,
                    anchor.at.timeIntervalSince1970,
                ])
        }
    }
}
