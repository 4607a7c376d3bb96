import Foundation
import GRDB
import Nouns

/// Table `renamed`: pipelines that were called otherwise.
extension Ledger {
    /// What has a column with its pipeline's name. Promotions keep the name that they were made under.
    private static let tables = [
        "drop_file", "dataset_row", "side", "duplicate_row", "set_aside", "quality_report", "dataset_mark", "shard",
        "revoked_row", "snapshot", "run", "version", "alias", "experiment", "suggestion", "happening", "anchor",
        "gate_anchor",
        "job", "made_pipeline", "pipeline_share",
    ]
    /// Those of them whose bodies name the pipeline.
    private static let bodies = [
        "drop_file", "quality_report", "snapshot", "run", "version", "experiment", "suggestion", "job",
    ]

    /// The present name of a pipeline that was called otherwise; nil where the name was never given up.
    package func presentName(of pipeline: PipelineName) throws -> PipelineName? {
        try read { db in
            try String.fetchOne(
                db, sql: "SELECT pipeline FROM renamed WHERE former = ?", arguments: [pipeline.rawValue]
            ).map { PipelineName($0) }
        }
    }

    /// Gives a pipeline another name, with all that belongs to it, in one transaction. Its folders are for the caller
    /// to move; ``unmoved()`` says which.
    ///
    /// Throws a Failure: `pipeline.busy` where a run, an experiment or a drop of it is not over, `pipeline.exists`
    /// where the name is or was that of another.
    ///
    /// - Parameter folders: beginnings of paths in what is stored, each with what it becomes.
    package func rename(
        _ former: PipelineName, to pipeline: PipelineName, folders: [(from: String, to: String)], who: String
    ) throws {
        try write { db in
            try Self.check(former, pipeline, db)
            let names: StatementArguments = [pipeline.rawValue, former.rawValue]
            for table in Self.tables {
                try db.execute(sql: "UPDATE \(table) SET pipeline = ?1 WHERE pipeline = ?2", arguments: names)
            }
            for table in Self.bodies {
                try db.execute(
                    sql: "UPDATE \(table) SET body = json_set(body, '$.pipeline', ?1) WHERE pipeline = ?1",
                    arguments: [pipeline.rawValue])
            }
            for (from, to) in folders {
                for table in ["shard", "snapshot", "version", "run"] {
                    try db.execute(
                        sql: """
                            UPDATE \(table) SET body = replace(body, ?1, ?2) WHERE pipeline = ?3 AND instr(body, ?1)
                            """, arguments: ["\"" + from + "/", "\"" + to + "/", pipeline.rawValue])
                }
            }
            // What was called so before is called so through this name, too.
            try db.execute(sql: "UPDATE renamed SET pipeline = ?1 WHERE pipeline = ?2", arguments: names)
            try db.execute(
                sql: "INSERT INTO renamed (former, pipeline, who, at) VALUES (?, ?, ?, ?)",
                arguments: [former.rawValue, pipeline.rawValue, who, Date().timeIntervalSince1970])
        }
    }

    private static func check(_ former: PipelineName, _ pipeline: PipelineName, _ db: Database) throws {
        let isTaken = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM drop_file WHERE pipeline = ?1) OR EXISTS (SELECT 1 FROM run WHERE
                pipeline = ?1) OR EXISTS (SELECT 1 FROM promotion WHERE pipeline = ?1)
                OR EXISTS (SELECT 1 FROM renamed WHERE former = ?1)
                """, arguments: [pipeline.rawValue])
        if isTaken ?? true {
            throw Failure(
                code: "pipeline.exists", "The name '\(pipeline)' is or was that of another pipeline.",
                at: pipeline.rawValue, remedy: "Choose a name that was never used.")
        }
        let open = RunState.allCases.filter(\.hasWorkLeft).map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let busy = try String.fetchOne(
            db,
            sql: """
                SELECT id FROM run WHERE pipeline = ?1 AND state IN (\(open))
                UNION ALL SELECT id FROM experiment WHERE pipeline = ?1 AND state = 'running'
                UNION ALL SELECT id FROM job WHERE pipeline = ?1 AND state = 'waiting'
                UNION ALL SELECT id FROM drop_file WHERE pipeline = ?1 AND state IN ('received', 'validated') LIMIT 1
                """, arguments: [former.rawValue])
        if let busy {
            throw Failure(
                code: "pipeline.busy", "The pipeline '\(former)' is at work with \(busy).", at: busy,
                remedy: "Wait until it is over, or cancel it, then ask again.")
        }
    }

    /// Renamed pipelines whose folders were not all moved.
    package func unmoved() throws -> [(former: PipelineName, pipeline: PipelineName)] {
        try read { db in
            try GRDB.Row.fetchAll(db, sql: "SELECT former, pipeline FROM renamed WHERE moved = 0 ORDER BY at").map {
                (PipelineName($0["former"] as String), PipelineName($0["pipeline"] as String))
            }
        }
    }

    /// Notes that the folders of a renamed pipeline are where its name says.
    package func noteMoved(_ former: PipelineName) throws {
        try write {
            try $0.execute(sql: "UPDATE renamed SET moved = 1 WHERE former = ?", arguments: [former.rawValue])
        }
    }

    /// Condition on promotions: those of a pipeline, also under its former names.
    static let ownPromotions = """
        (promotion.pipeline = ?1 OR promotion.pipeline IN (SELECT former FROM renamed WHERE renamed.pipeline = ?1))
        """
}
