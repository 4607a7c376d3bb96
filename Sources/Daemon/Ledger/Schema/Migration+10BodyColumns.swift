extension Migration {
    /// Columns that repeat what a body says come from the body, so that the two cannot disagree.
    ///
    /// They are stored, since joins over many rows ask for the state of drops, and stand before the body, so that
    /// large bodies need not be read past.
    static let bodyColumns = Migration(
        "columns of bodies",
        sql: #"""
            CREATE TABLE new_drop_file (
                id TEXT PRIMARY KEY, pipeline TEXT NOT NULL,
                sha256 TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.sha256')) STORED,
                state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
                    CHECK (state IN ('received', 'validated', 'stored', 'quarantined', 'duplicate', 'revoked')),
                received_at REAL NOT NULL, stored_at REAL,
                scheduled INTEGER NOT NULL DEFAULT 0 CHECK (scheduled IN (0, 1)),
                indexed INTEGER NOT NULL DEFAULT 0 CHECK (indexed IN (0, 1)), body TEXT NOT NULL) STRICT;
            INSERT INTO new_drop_file (id, pipeline, received_at, stored_at, scheduled, indexed, body)
                SELECT id, pipeline, received_at, stored_at, scheduled, indexed, body FROM drop_file ORDER BY rowid;
            DROP TABLE drop_file;
            ALTER TABLE new_drop_file RENAME TO drop_file;
            CREATE INDEX drop_by_state ON drop_file (state, pipeline);
            -- The same bytes twice are one drop.
            CREATE UNIQUE INDEX drop_identity ON drop_file (pipeline, sha256)
                WHERE state NOT IN ('duplicate', 'revoked', 'quarantined');
            -- Asked before each drop is stored, of all that are.
            CREATE INDEX drop_unindexed ON drop_file (pipeline) WHERE state = 'stored' AND indexed = 0;

            CREATE TABLE new_run (
                id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, pipeline TEXT NOT NULL,
                state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
                    CHECK (state IN (
                        'queued', 'training', 'trained', 'evaluating', 'evaluated', 'accepted', 'rejected',
                        'inconclusive', 'promoted', 'delivered', 'failed', 'cancelled')),
                priority INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.priority')) STORED,
                created_at REAL NOT NULL, base TEXT NOT NULL REFERENCES base (id),
                snapshot TEXT NOT NULL REFERENCES snapshot (id), body TEXT NOT NULL) STRICT;
            INSERT INTO new_run (id, number, pipeline, created_at, base, snapshot, body)
                SELECT id, number, pipeline, created_at, base, snapshot, body FROM run ORDER BY rowid;
            DROP TABLE run;
            ALTER TABLE new_run RENAME TO run;
            CREATE INDEX run_by_state ON run (state, priority);

            CREATE TABLE new_experiment (
                id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, pipeline TEXT NOT NULL,
                state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
                    CHECK (state IN ('running', 'finished', 'stopped', 'failed')),
                created_at REAL NOT NULL, snapshot TEXT NOT NULL REFERENCES snapshot (id),
                run TEXT GENERATED ALWAYS AS (json_extract(body, '$.run')) STORED UNIQUE REFERENCES run (id),
                body TEXT NOT NULL) STRICT;
            INSERT INTO new_experiment (id, number, pipeline, created_at, snapshot, body)
                SELECT id, number, pipeline, created_at, snapshot, body FROM experiment ORDER BY rowid;
            DROP TABLE experiment;
            ALTER TABLE new_experiment RENAME TO experiment;
            -- One at a time for each pipeline.
            CREATE UNIQUE INDEX experiment_running ON experiment (pipeline) WHERE state = 'running';

            CREATE TABLE new_suggestion (
                pipeline TEXT PRIMARY KEY,
                experiment TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.experiment')) STORED
                    REFERENCES experiment (id),
                adopted INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.adopted')) STORED
                    CHECK (adopted IN (0, 1)),
                body TEXT NOT NULL) STRICT, WITHOUT ROWID;
            INSERT INTO new_suggestion (pipeline, body) SELECT pipeline, body FROM suggestion;
            DROP TABLE suggestion;
            ALTER TABLE new_suggestion RENAME TO suggestion;

            CREATE TABLE new_export (
                version TEXT NOT NULL REFERENCES version (id), format TEXT NOT NULL,
                state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
                    CHECK (state IN ('done', 'failed')),
                body TEXT NOT NULL, PRIMARY KEY (version, format)) STRICT, WITHOUT ROWID;
            INSERT INTO new_export (version, format, body) SELECT version, format, body FROM export;
            DROP TABLE export;
            ALTER TABLE new_export RENAME TO export;
            """#)
}
