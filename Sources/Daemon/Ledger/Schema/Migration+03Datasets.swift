extension Migration {
    /// Sides that never move, every place a row came from, and everything kept out of training.
    static let datasets = Migration(
        "datasets",
        sql: #"""
            ALTER TABLE dataset_row ADD COLUMN prompt_key TEXT;
            ALTER TABLE dataset_row ADD COLUMN answer_key TEXT;
            CREATE INDEX row_by_prompt ON dataset_row (pipeline, prompt_key);

            -- The side of a prompt ('p:…') or of a group ('g:…'), decided at first sight and never again.
            CREATE TABLE side (
                pipeline TEXT NOT NULL, key TEXT NOT NULL,
                split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'gate')),
                PRIMARY KEY (pipeline, key)) STRICT, WITHOUT ROWID;

            -- Further places of rows that the dataset had already: the row stays where one of its drops is
            -- revoked.
            CREATE TABLE duplicate_row (
                drop_id TEXT NOT NULL REFERENCES drop_file (id), line INTEGER NOT NULL, pipeline TEXT NOT NULL,
                id TEXT NOT NULL, PRIMARY KEY (drop_id, line)) STRICT, WITHOUT ROWID;
            CREATE INDEX duplicate_by_row ON duplicate_row (pipeline, id);

            -- Rows that are kept out of training (or of the dataset as a whole), why, and because of which other row.
            CREATE TABLE set_aside (
                pipeline TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL,
                drop_id TEXT NOT NULL REFERENCES drop_file (id), line INTEGER NOT NULL, other TEXT, score REAL,
                PRIMARY KEY (pipeline, id, reason)) STRICT, WITHOUT ROWID;
            CREATE INDEX set_aside_by_drop ON set_aside (drop_id);

            -- The row files of a snapshot, for lineage; and the rows of files that a snapshot alone has (replay).
            CREATE TABLE snapshot_file (
                snapshot TEXT NOT NULL REFERENCES snapshot (id), split TEXT NOT NULL, sha256 TEXT NOT NULL,
                source TEXT, PRIMARY KEY (snapshot, split, sha256)) STRICT, WITHOUT ROWID;
            CREATE INDEX snapshot_by_file ON snapshot_file (sha256);
            CREATE INDEX snapshot_by_source ON snapshot_file (source) WHERE source IS NOT NULL;
            CREATE TABLE picked_row (
                sha256 TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (sha256, id)) STRICT, WITHOUT ROWID;
            CREATE INDEX picked_by_row ON picked_row (id);
            -- Rows of a source file that its filtered copy leaves out.
            CREATE TABLE left_out_row (
                sha256 TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL,
                PRIMARY KEY (sha256, id)) STRICT, WITHOUT ROWID;
            """#)
}
