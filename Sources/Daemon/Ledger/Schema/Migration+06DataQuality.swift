extension Migration {
    /// Reports on the quality of data, and which drops are in the index of near duplicates.
    static let dataQuality = Migration(
        "data quality",
        sql: #"""
            ALTER TABLE drop_file ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0 CHECK (indexed IN (0, 1));
            DROP INDEX row_by_prompt;
            CREATE INDEX row_by_answer ON dataset_row (pipeline, prompt_key, answer_key, drop_id);
            CREATE TABLE dataset_mark (
                pipeline TEXT NOT NULL, what TEXT NOT NULL, state TEXT NOT NULL,
                PRIMARY KEY (pipeline, what)) STRICT, WITHOUT ROWID;
            -- Ledgers of the day before have it among their datasets.
            DROP TABLE IF EXISTS quality_report;
            -- The report of a drop, or (subject '') of the dataset, with what the latter was counted from.
            CREATE TABLE quality_report (
                pipeline TEXT NOT NULL, subject TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL, sketch BLOB,
                PRIMARY KEY (pipeline, subject)) STRICT;
            """#)
}
