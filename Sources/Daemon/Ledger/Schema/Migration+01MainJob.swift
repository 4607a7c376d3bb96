extension Migration {
    /// Bases, drops and their rows, snapshots, runs, versions, promotions and scores.
    static let mainJob = Migration(
        "1 main job",
        sql: #"""
            CREATE TABLE base (
                id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;

            CREATE TABLE drop_file (
                id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, sha256 TEXT NOT NULL,
                state TEXT NOT NULL
                    CHECK (state IN ('received', 'validated', 'stored', 'quarantined', 'duplicate', 'revoked')),
                received_at REAL NOT NULL, stored_at REAL,
                scheduled INTEGER NOT NULL DEFAULT 0 CHECK (scheduled IN (0, 1)), body TEXT NOT NULL) STRICT;
            CREATE INDEX drop_by_state ON drop_file (state, pipeline);
            -- The same bytes twice are one drop.
            CREATE UNIQUE INDEX drop_identity ON drop_file (pipeline, sha256)
                WHERE state NOT IN ('duplicate', 'revoked');

            CREATE TABLE dataset_row (
                pipeline TEXT NOT NULL, id TEXT NOT NULL, drop_id TEXT NOT NULL REFERENCES drop_file (id),
                line INTEGER NOT NULL, split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'gate')),
                label TEXT, PRIMARY KEY (pipeline, id)) STRICT, WITHOUT ROWID;
            CREATE INDEX row_by_drop ON dataset_row (drop_id, split);

            CREATE TABLE shard (
                drop_id TEXT NOT NULL REFERENCES drop_file (id), split TEXT NOT NULL, pipeline TEXT NOT NULL,
                sha256 TEXT NOT NULL, rows INTEGER NOT NULL CHECK (rows > 0), body TEXT NOT NULL,
                PRIMARY KEY (drop_id, split)) STRICT, WITHOUT ROWID;

            CREATE TABLE snapshot (
                id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, created_at REAL NOT NULL, body TEXT NOT NULL) STRICT;

            CREATE TABLE run (
                id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, pipeline TEXT NOT NULL,
                state TEXT NOT NULL
                    CHECK (state IN (
                        'queued', 'training', 'trained', 'evaluating', 'evaluated', 'accepted', 'rejected',
                        'inconclusive', 'promoted', 'delivered', 'failed', 'cancelled')),
                priority INTEGER NOT NULL, created_at REAL NOT NULL, base TEXT NOT NULL REFERENCES base (id),
                snapshot TEXT NOT NULL REFERENCES snapshot (id), body TEXT NOT NULL) STRICT;
            CREATE INDEX run_by_state ON run (state, priority);

            CREATE TABLE run_transition (
                sequence INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES run (id), state TEXT NOT NULL,
                at REAL NOT NULL, message TEXT) STRICT;
            CREATE INDEX transition_by_run ON run_transition (run);

            CREATE TABLE version (
                id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, run TEXT NOT NULL UNIQUE REFERENCES run (id),
                body TEXT NOT NULL) STRICT;

            CREATE TABLE promotion (
                sequence INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, version TEXT REFERENCES version (id),
                hash TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
            CREATE INDEX promotion_by_pipeline ON promotion (pipeline, sequence);
            CREATE TRIGGER promotion_is_final BEFORE UPDATE ON promotion BEGIN
                SELECT RAISE(ABORT, 'promotions are append-only'); END;
            CREATE TRIGGER promotion_is_kept BEFORE DELETE ON promotion BEGIN
                SELECT RAISE(ABORT, 'promotions are append-only'); END;

            -- Scores of a model on a set never change: both are named by content.
            CREATE TABLE evaluation (
                model TEXT NOT NULL, set_digest TEXT NOT NULL, settings TEXT NOT NULL, body TEXT NOT NULL,
                PRIMARY KEY (model, set_digest, settings)) STRICT, WITHOUT ROWID;
            """#)
}
