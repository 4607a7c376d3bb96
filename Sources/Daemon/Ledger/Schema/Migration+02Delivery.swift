extension Migration {
    /// What is made of versions, who is told of what happened, and own names for versions.
    static let delivery = Migration(
        "delivery",
        sql: #"""
            CREATE TABLE export (
                version TEXT NOT NULL REFERENCES version (id), format TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('done', 'failed')), body TEXT NOT NULL,
                PRIMARY KEY (version, format)) STRICT, WITHOUT ROWID;

            CREATE TABLE notification (
                id INTEGER PRIMARY KEY, event TEXT NOT NULL,
                target TEXT NOT NULL CHECK (target IN ('program', 'webhook')),
                state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'failed')),
                attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0), due_at REAL NOT NULL, answer TEXT,
                body TEXT NOT NULL, UNIQUE (event, target)) STRICT;
            CREATE INDEX notification_due ON notification (due_at) WHERE state = 'pending';

            -- How far the transitions and promotions have been looked through; what was before delivery existed is
            -- not told again.
            CREATE TABLE delivery_mark (
                source TEXT PRIMARY KEY CHECK (source IN ('run', 'promotion')), position INTEGER NOT NULL) STRICT;
            INSERT INTO delivery_mark VALUES ('run', (SELECT COALESCE(MAX(sequence), 0) FROM run_transition));
            INSERT INTO delivery_mark VALUES ('promotion', (SELECT COALESCE(MAX(sequence), 0) FROM promotion));

            CREATE TABLE alias (
                pipeline TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL REFERENCES version (id),
                who TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (pipeline, name)) STRICT, WITHOUT ROWID;
            """#)
}
