import Foundation
import GRDB
import Nouns

/// Tables `trial` and `rung`: each leg of a trial is one row, so that kill -9 at any instant loses at most the leg
/// under way, and that leg goes on from its checkpoint.
extension Ledger {
    /// Records a trial as it now is. Rungs that it has reached are added and never changed.
    package func save(_ trial: Trial, of id: ExperimentID) throws {
        try write { db in
            var bare = trial
            bare.losses = []
            try db.execute(
                sql:
                    """
                    INSERT INTO trial (experiment, number, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body \
                    = excluded.body
                    """,
                arguments: [id.rawValue, trial.number, try Self.body(bare)])
            for (rung, loss) in trial.losses.enumerated() {
                try db.execute(
                    sql:
                        """
                        INSERT INTO rung (experiment, trial, rung, loss, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT \
                        DO NOTHING
                        """,
                    arguments: [id.rawValue, trial.number, rung, loss, Date().timeIntervalSince1970])
            }
        }
    }
}
