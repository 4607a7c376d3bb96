extension Migration {
    /// Experiments, their trials and rungs, and what they suggest.
    static let experiments = Migration(
        "experiments",
        sql: #"""
            CREATE TABLE experiment (
                id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, pipeline TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'stopped', 'failed')),
                created_at REAL NOT NULL, snapshot TEXT NOT NULL REFERENCES snapshot (id),
                run TEXT UNIQUE REFERENCES run (id), body TEXT NOT NULL) STRICT;
            -- One at a time for each pipeline.
            CREATE UNIQUE INDEX experiment_running ON experiment (pipeline) WHERE state = 'running';

            CREATE TABLE trial (
                experiment TEXT NOT NULL REFERENCES experiment (id), number INTEGER NOT NULL CHECK (number >= 0),
                body TEXT NOT NULL, PRIMARY KEY (experiment, number)) STRICT, WITHOUT ROWID;

            CREATE TABLE rung (
                experiment TEXT NOT NULL, trial INTEGER NOT NULL, rung INTEGER NOT NULL CHECK (rung >= 0),
                loss REAL NOT NULL, at REAL NOT NULL, PRIMARY KEY (experiment, trial, rung),
                FOREIGN KEY (experiment, trial) REFERENCES trial (experiment, number)) STRICT, WITHOUT ROWID;

            CREATE TABLE suggestion (
                pipeline TEXT PRIMARY KEY, experiment TEXT NOT NULL REFERENCES experiment (id),
                adopted INTEGER NOT NULL CHECK (adopted IN (0, 1)), body TEXT NOT NULL) STRICT, WITHOUT ROWID;
            """#)
}
