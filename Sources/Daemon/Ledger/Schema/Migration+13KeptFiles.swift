extension Migration {
    /// Files that people keep here by OpenAI's API. Equal contents share one file on the disk.
    static let keptFiles = Migration(
        "kept files",
        sql: #"""
            -- The number gives lists their order: several files may be of one second.
            CREATE TABLE kept_file (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
                sha256 TEXT NOT NULL CHECK (length(sha256) = 64), bytes INTEGER NOT NULL CHECK (bytes >= 0),
                name TEXT NOT NULL, purpose TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL) STRICT;
            CREATE INDEX kept_file_content ON kept_file (sha256);

            -- Files that come in parts. A part lies on the disk under its own name until the whole is put together.
            CREATE TABLE part_upload (
                id TEXT PRIMARY KEY, owner TEXT NOT NULL, bytes INTEGER NOT NULL CHECK (bytes > 0),
                name TEXT NOT NULL, purpose TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('pending', 'completed', 'cancelled')),
                file TEXT) STRICT, WITHOUT ROWID;
            CREATE TABLE upload_part (
                id TEXT PRIMARY KEY, upload TEXT NOT NULL REFERENCES part_upload (id), bytes INTEGER NOT NULL)
                STRICT, WITHOUT ROWID;
            CREATE INDEX part_of_upload ON upload_part (upload);
            """#)
}
