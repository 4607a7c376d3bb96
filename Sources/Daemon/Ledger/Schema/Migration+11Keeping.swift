extension Migration {
    /// What is cleared away, what clients are sending, what is to be told besides runs and promotions, and what
    /// pipelines were called.
    static let keeping = Migration(
        "keeping",
        sql: #"""
            -- Runs, versions, experiments and drops whose files retention has removed; their records stay.
            CREATE TABLE cleared (
                kind TEXT NOT NULL CHECK (kind IN ('run', 'version', 'experiment', 'drop')), id TEXT NOT NULL,
                at REAL NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;

            -- Files that a client is sending; what no row names is removed at the next start.
            CREATE TABLE upload (
                id TEXT PRIMARY KEY, owner TEXT NOT NULL, purpose TEXT NOT NULL CHECK (purpose IN ('base', 'data')),
                bound INTEGER NOT NULL CHECK (bound > 0), expires_at REAL NOT NULL) STRICT, WITHOUT ROWID;

            -- What hooks and webhooks are to hear of and no run or promotion tells, until it is collected.
            CREATE TABLE happening (
                sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, pipeline TEXT NOT NULL, drop_id TEXT, run TEXT,
                at REAL NOT NULL, reason TEXT NOT NULL) STRICT;

            -- Pipelines that were called otherwise. A former name is never used again; its promotions stay under it,
            -- since they are final.
            CREATE TABLE renamed (
                former TEXT PRIMARY KEY, pipeline TEXT NOT NULL, who TEXT NOT NULL, at REAL NOT NULL,
                moved INTEGER NOT NULL DEFAULT 0 CHECK (moved IN (0, 1))) STRICT, WITHOUT ROWID;
            """#)
}
