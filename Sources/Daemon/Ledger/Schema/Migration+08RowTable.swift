extension Migration {
    /// Makes rows cheap to add: they come in the order of digests, so that each tree in that order costs a page read
    /// and a page write a row.
    ///
    /// The rows themselves and their order by drop only ever grow at the end, and the side of a prompt is that of its
    /// rows: only groups, and prompts whose rows were withdrawn, need a side of their own.
    static let rowTable = Migration(
        "row table",
        sql: #"""
            CREATE TABLE numbered_row (
                number INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, id TEXT NOT NULL,
                drop_id TEXT NOT NULL REFERENCES drop_file (id), line INTEGER NOT NULL,
                split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'gate')), label TEXT, prompt_key TEXT,
                answer_key TEXT, UNIQUE (id, pipeline)) STRICT;
            INSERT INTO numbered_row (pipeline, id, drop_id, line, split, label, prompt_key, answer_key)
                SELECT dataset_row.pipeline, dataset_row.id, drop_id, line, split, label, prompt_key, answer_key
                FROM dataset_row JOIN drop_file ON drop_file.id = drop_id
                ORDER BY received_at, drop_id, dataset_row.id;
            DROP TABLE dataset_row;
            ALTER TABLE numbered_row RENAME TO dataset_row;
            CREATE INDEX row_by_drop ON dataset_row (drop_id);
            CREATE INDEX row_by_prompt ON dataset_row (pipeline, prompt_key, answer_key);
            DELETE FROM side WHERE key LIKE 'p:%' AND split = (
                SELECT MIN(split) FROM dataset_row
                WHERE dataset_row.pipeline = side.pipeline AND prompt_key = substr(key, 3));

            -- Asked before each drop is stored, of all that are.
            CREATE INDEX drop_unindexed ON drop_file (pipeline) WHERE state = 'stored' AND indexed = 0;

            -- Rows are asked for by identifier alone, whatever pipeline has them.
            DROP INDEX duplicate_by_row;
            CREATE INDEX duplicate_by_row ON duplicate_row (id, pipeline);
            DROP INDEX revoked_by_row;
            CREATE INDEX revoked_by_row ON revoked_row (id, pipeline);
            """#)
}
