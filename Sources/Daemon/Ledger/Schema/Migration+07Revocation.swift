extension Migration {
    /// Lets a drop have more than one file a side, and keeps what is known of rows that were withdrawn.
    static let revocation = Migration(
        "revocation",
        sql: #"""
            CREATE TABLE shard_file (
                drop_id TEXT NOT NULL REFERENCES drop_file (id), split TEXT NOT NULL, pipeline TEXT NOT NULL,
                sha256 TEXT NOT NULL, rows INTEGER NOT NULL CHECK (rows > 0), body TEXT NOT NULL,
                PRIMARY KEY (drop_id, split, sha256)) STRICT, WITHOUT ROWID;
            INSERT INTO shard_file SELECT drop_id, split, pipeline, sha256, rows, body FROM shard;
            DROP TABLE shard;
            ALTER TABLE shard_file RENAME TO shard;
            CREATE INDEX shard_by_file ON shard (sha256);
            CREATE INDEX shard_by_pipeline ON shard (pipeline, split);

            CREATE TABLE revoked_row (
                drop_id TEXT NOT NULL REFERENCES drop_file (id), line INTEGER NOT NULL, pipeline TEXT NOT NULL,
                id TEXT NOT NULL, split TEXT NOT NULL, PRIMARY KEY (drop_id, line)) STRICT, WITHOUT ROWID;
            CREATE INDEX revoked_by_row ON revoked_row (pipeline, id);
            CREATE TABLE revocation (
                drop_id TEXT PRIMARY KEY REFERENCES drop_file (id), who TEXT NOT NULL, reason TEXT NOT NULL,
                at REAL NOT NULL) STRICT;
            """#)
}
